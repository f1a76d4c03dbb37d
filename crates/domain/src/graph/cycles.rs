//! Which nodes lie on a cycle: whoever leaves one of them can come back to it.

/// For each node, whether a way leads from it back to itself. `ways` holds the targets of each
/// node by their places. Kosaraju's algorithm with stacks of its own: a graph of thousands of nodes
/// in a row must not use up the thread's.
pub(crate) fn nodes_on_cycles(ways: &[Vec<usize>]) -> Vec<bool> {
    let back = reversed(ways);
    let mut seen = vec![false; ways.len()];
    let mut on_cycle = vec![false; ways.len()];
    for root in finish_order(ways).into_iter().rev() {
        if seen[root] {
            continue;
        }
        seen[root] = true;
        // Nodes that can all reach one another.
        let mut group = vec![root];
        let mut next = 0;
        while let Some(node) = group.get(next).copied() {
            next += 1;
            for before in &back[node] {
                if !std::mem::replace(&mut seen[*before], true) {
                    group.push(*before);
                }
            }
        }
        let is_circle = group.len() > 1 || ways[root].contains(&root);
        for node in group {
            on_cycle[node] = is_circle;
        }
    }
    on_cycle
}

fn reversed(ways: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut back = vec![Vec::new(); ways.len()];
    for (from, targets) in ways.iter().enumerate() {
        for to in targets {
            back[*to].push(from);
        }
    }
    back
}

/// The nodes in the order in which a search in depth is done with them.
fn finish_order(ways: &[Vec<usize>]) -> Vec<usize> {
    let mut order = Vec::with_capacity(ways.len());
    let mut seen = vec![false; ways.len()];
    for root in 0..ways.len() {
        if std::mem::replace(&mut seen[root], true) {
            continue;
        }
        // Each node with the number of its ways that were followed.
        let mut path = vec![(root, 0)];
        while let Some((node, followed)) = path.last_mut() {
            let Some(to) = ways[*node].get(*followed).copied() else {
                order.push(*node);
                path.pop();
                continue;
            };
            *followed += 1;
            if !std::mem::replace(&mut seen[to], true) {
                path.push((to, 0));
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_between_two_cycles_lies_on_neither() {
        let ways = [vec![1], vec![0, 2], vec![3], vec![4], vec![3, 5], vec![]];
        assert_eq!(nodes_on_cycles(&ways), [true, true, false, true, true, false]);
    }

    #[test]
    fn a_way_from_a_node_to_itself_is_a_circle() {
        assert_eq!(nodes_on_cycles(&[vec![0, 1], vec![]]), [true, false]);
    }

    #[test]
    fn two_ways_that_meet_again_are_no_circle() {
        assert_eq!(nodes_on_cycles(&[vec![1, 2], vec![3], vec![3], vec![]]), [false; 4]);
    }

    #[test]
    fn a_circle_of_very_many_nodes_is_found() {
        let ways: Vec<Vec<usize>> = (0..100_000).map(|node| vec![(node + 1) % 100_000]).collect();
        assert_eq!(nodes_on_cycles(&ways), vec![true; 100_000]);
    }
}
