//! The courier: takes messages from the outbox, asks the gates again, fills them in, hands them over, and writes down what
//! became of them (docs/delivery.md).
