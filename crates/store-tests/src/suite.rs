//! The list of all promises, from which a store's tests are made.

/// Tests of every promise, each on an empty store from `$open`: the name of an `async fn` beside it
/// that answers the stores, and whatever keeps it there.
#[macro_export]
macro_rules! suite {
    ($open:ident) => {
        mod simulation {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn months_of_random_journeys_keep_every_guarantee() {
                $crate::simulation::months_of_random_journeys_keep_every_guarantee(super::$open)
                    .await;
            }
        }

        mod criteria {
            #[test]
            fn both_evaluators_agree() {
                $crate::criteria::both_evaluators_agree(super::$open);
            }
        }

        $crate::promises! { $open
            laws {
                once_a_cursor_was_answered_no_event_at_or_before_it_appears;
                the_head_names_no_event_that_cannot_be_read_yet;
                no_batch_is_committed_after_a_stop;
                of_a_stop_and_a_batch_at_the_same_time_the_second_knows_of_the_first;
                no_batch_is_committed_after_anything_that_it_depends_on_has_changed;
                of_two_batches_on_one_head_one_is_committed;
                no_batch_is_committed_once_another_has_moved_the_cursor;
                no_batch_is_committed_once_another_has_let_someone_in;
                a_move_is_made_from_the_visit_that_it_was_decided_for;
                a_failed_commit_changes_nothing;
            }
            concurrent_writers {
                a_message_is_leased_once_by_two_takers_at_the_same_time;
                an_outcome_that_is_recorded_twice_does_no_harm;
                a_decision_that_is_asked_twice_does_no_harm;
                an_operation_is_undone_once;
                two_who_begin_a_version_at_the_same_time_make_one_draft;
                a_selection_that_is_not_the_confirmed_one_changes_nothing;
                keys_of_profiles_are_unique_and_rise;
                keys_of_enrolments_rise;
                two_who_meet_someone_at_the_same_time_make_one_profile;
                everything_adds_up_after_many_wrote_at_the_same_time;
            }
            journey_list {
                the_list_shows_the_newest_first_or_as_it_is_sorted;
                pages_follow_each_other_and_miss_nothing;
                conditions_of_a_filter_hold_together;
                labels_are_made_once_and_find_their_journeys;
                a_project_has_only_so_many_labels_and_unused_ones_give_way_to_new_ones;
                archived_journeys_are_listed_apart;
                a_filter_is_kept_under_its_name_until_it_is_deleted;
                what_was_exported_is_imported_as_drafts;
                every_change_that_the_list_shows_raises_its_generation;
            }
            operations {
                a_stop_leaves_the_counters_that_the_domain_says;
                many_journeys_get_the_status_that_each_of_them_should_have;
                a_name_labels_and_a_deleted_draft_come_back_once;
                what_was_changed_since_stays_and_the_undo_says_so;
                an_edit_that_is_refused_makes_no_labels;
                a_clone_is_a_draft_with_the_graph_and_none_of_the_counts;
            }
            versions {
                a_stop_ends_older_versions_too;
                publishing_a_draft_starts_it_now_and_opens_it;
                the_list_shows_the_version_that_was_published_and_none_of_the_older_ones_counts;
                a_draft_that_was_published_already_is_refused;
                there_is_one_draft_at_most_and_it_can_be_discarded_once;
                saves_of_one_session_are_one_line_and_an_older_revision_is_a_conflict;
                what_is_scheduled_starts_when_its_time_has_come;
            }
            enrolments {
                who_does_the_event_enters_and_leaves_when_the_wait_is_over;
                the_stats_of_steps_are_those_of_their_people;
                a_paused_journey_lets_no_one_in_not_even_afterwards;
                an_event_before_a_pause_that_the_engine_has_not_seen_lets_no_one_in;
                people_inside_go_on_while_their_journey_is_paused;
                events_before_a_journey_was_published_let_no_one_in;
                a_stop_empties_every_version_at_once_and_its_rows_follow;
                no_one_enters_again_before_the_wait_for_it_is_over;
                who_may_enter_once_enters_once_over_all_versions;
                a_version_that_has_let_in_as_many_as_it_may_is_complete;
                who_comes_to_meet_criteria_enters_once_for_it;
                who_is_put_off_is_due_then_and_not_before;
                the_journeys_backlog_says_who_is_due;
            }
            engine_batches {
                a_started_journey_is_an_event_of_ours_for_each_person;
            }
            outbox {
                what_waits_is_listed_by_journey_and_channel;
                another_name_of_what_is_published_is_read_anew;
                as_many_are_leased_as_are_asked_for;
                a_message_that_is_tried_again_is_not_leased_before_its_time;
                who_got_their_message_moves_on;
                what_was_recorded_and_what_is_leased_is_one_change;
                what_was_with_a_sender_when_the_server_died_waits_again;
                what_was_put_off_while_the_clock_was_ahead_is_due_at_the_next_start;
                nothing_is_leased_once_a_stop_was_answered;
                a_retry_in_a_journey_that_was_stopped_is_cancelled_and_was_counted_before;
                what_went_out_although_its_journey_was_stopped_counts_as_sent;
                nothing_is_leased_of_a_channel_that_was_changed_or_switched_off;
                a_message_to_someone_who_has_left_is_cancelled_says_so_and_counts_so;
                what_failed_is_listed_and_can_be_sent_again;
                what_the_page_offers_to_resend_is_what_is_resent;
                an_address_that_does_not_exist_is_listed;
                a_frequency_cap_counts_what_was_sent_and_what_is_with_a_sender;
                people_who_leave_with_a_new_version_take_their_messages_along;
            }
            message_events {
                each_thing_becomes_of_a_message_once;
                who_clicked_has_seen_it;
                what_is_told_of_an_unknown_message_is_left_alone;
                a_request_with_a_receipt_that_was_seen_changes_nothing;
                an_address_that_bounces_for_good_gets_nothing_any_more;
                a_bounce_that_passes_lists_no_one;
                who_answers_stop_gets_nothing_until_they_answer_start;
                no_one_takes_back_what_was_listed_for_a_graver_reason;
                who_unsubscribes_on_the_page_of_a_message_is_believed;
                messages_are_found_by_their_providers_names_in_their_project;
                a_providers_secret_is_kept_sealed_until_it_is_taken_away;
            }
            suppressions {
                an_address_is_listed_once_and_found_however_it_is_spelled;
                what_was_taken_off_the_list_is_off_it;
                the_list_is_searched_paged_and_exported_whole;
            }
            channels {
                a_channel_that_someone_changed_since_is_not_overwritten;
                a_secret_is_kept_replaced_or_removed_as_it_is_said;
                only_live_channels_send;
                frequency_caps_are_the_last_that_were_set;
            }
            profiles {
                a_later_record_adds_to_a_profile_and_null_takes_away;
                an_event_with_the_same_message_id_is_stored_once;
                each_senders_records_are_stored_in_their_order;
                who_was_anonymous_stays_the_same_once_they_are_known;
                what_send_rules_ask_for_is_told_where_it_changes;
                lists_and_properties_are_read_as_the_engine_needs_them;
                people_are_found_by_identity_and_paged_by_number;
                of_someone_erased_only_the_counts_stay;
                a_project_sees_no_one_of_another_one;
            }
            merging {
                what_the_one_says_besides_becomes_the_others;
                messages_that_only_the_other_wanted_do_not_go_out;
                the_dispatcher_hears_who_became_whom;
                no_one_is_inside_of_a_journey_twice_and_the_counts_agree;
            }
            titles {
                a_person_is_called_by_their_name_however_it_is_spelled;
                a_name_that_is_no_text_is_no_name;
                an_enrolment_is_of_someone_by_their_name_where_it_is_a_text;
            }
            entry_facts {
                who_is_in_the_segment_by_what_they_did_meets_the_trigger;
                of_an_event_only_what_the_trigger_asks_for_is_loaded;
                who_never_did_the_event_is_told_so;
            }
            segments {
                a_segment_is_counted_as_people_are_now;
                a_segment_of_the_same_name_replaces_the_one_before;
                a_segment_that_a_journey_asks_for_also_within_another_is_not_a_creators_to_change;
                a_deleted_segment_is_gone;
            }
            imports {
                an_import_tells_how_far_it_has_come_and_what_it_rejected;
                what_was_under_way_when_the_server_ended_has_failed;
            }
            retention {
                old_events_go_once_the_engine_has_looked_at_them;
                a_deleted_events_number_is_not_given_again;
                messages_with_an_outcome_go_and_those_that_wait_stay;
                cancelled_messages_stay_counted_without_their_rows;
                the_log_of_an_old_enrolment_goes_and_the_enrolment_stays;
                why_people_did_not_enter_goes;
                accounts_of_imports_and_receipts_go;
            }
            access {
                a_project_keeps_its_last_admin;
                an_admin_with_a_suspended_account_is_no_other_admin;
                an_account_acts_with_its_role_until_it_is_suspended_or_taken_out;
                invitations_end_with_the_right_of_who_made_them;
                who_accepts_an_invitation_keeps_the_higher_role;
                a_rule_gives_a_role_replaces_it_and_takes_it;
                a_rule_for_a_project_by_name_gives_nothing_in_others;
                a_link_for_a_new_password_leaves_a_project_its_last_admin;
                an_address_that_someone_signs_in_with_is_not_taken_over_by_sso;
                the_only_project_is_not_archived_and_another_one_is;
            }
            sign_ins {
                a_session_lives_until_it_is_idle_too_long_or_over;
                a_session_has_one_secret_and_its_browser_one_session;
                sessions_end_by_their_owner_alone;
                a_suspended_account_has_no_session;
                a_new_password_ends_every_other_session;
                a_new_password_renews_the_session_that_asks;
                a_password_that_was_changed_after_it_was_verified_opens_no_session;
                a_password_of_an_account_that_was_suspended_meanwhile_opens_no_session;
                a_refused_sign_in_leaves_the_session_that_the_browser_had;
                a_change_that_was_verified_before_a_reset_changes_nothing;
                a_change_of_a_password_that_is_another_one_by_now_changes_nothing;
                an_identity_is_linked_and_unlinked_in_an_open_session_only;
                a_link_that_comes_back_after_its_session_ended_links_nothing;
                an_identity_that_was_unlinked_on_the_way_opens_no_session;
                a_link_for_a_password_opens_once_and_in_time;
                a_sign_in_at_the_provider_is_finished_once;
                local_mode_ends_with_the_first_account;
                a_key_opens_until_it_is_revoked;
                a_key_waits_where_its_keeper_lost_the_right_until_it_is_taken_over;
                whatever_is_done_is_in_the_audit_log_newest_first;
            }
            identity {
                a_hold_stays_until_it_is_released_once;
                it_is_known_when_a_server_last_ran;
                the_keys_fingerprint_is_kept_and_secrets_depend_on_it;
                an_empty_store_is_ready_and_adds_up;
                the_first_project_is_made_once_and_known_afterwards;
            }
        }
    };
}

/// A test of each promise, in a module of the same name as here.
#[doc(hidden)]
#[macro_export]
macro_rules! promises {
    ($open:ident $($module:ident { $($promise:ident;)* })*) => { $(
        mod $module { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() {
                let (stores, kept) = super::$open().await;
                $crate::$module::$promise(&stores).await;
                drop(stores);
                drop(kept);
            }
        )* }
    )* };
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    /// What follows a text, wherever a line begins with it, up to the end of the word.
    fn words_after<'a>(text: &'a str, start: &str) -> Vec<&'a str> {
        let after = text.lines().filter_map(|line| line.strip_prefix(start));
        let is_of_word = |sign: char| sign.is_alphanumeric() || sign == '_';
        after.filter_map(|rest| rest.split(|sign| !is_of_word(sign)).next()).collect()
    }

    #[test]
    fn every_promise_is_in_the_list() {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let list = fs::read_to_string(sources.join("suite.rs")).expect("this file");
        for module in
            words_after(&fs::read_to_string(sources.join("lib.rs")).expect("it"), "pub mod ")
        {
            let text = fs::read_to_string(sources.join(format!("{module}.rs"))).expect("a module");
            for promise in words_after(&text, "pub async fn ") {
                let listed = [format!(" {promise};"), format!("async fn {promise}()")];
                let is_listed = listed.iter().any(|form| list.contains(form));
                assert!(is_listed, "{module}::{promise} is never run");
            }
        }
    }
}
