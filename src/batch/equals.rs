//! Equal rows are graded once: a later one takes the outcome of an earlier one.
//!
//! A row follows an equal one that was read at most a window before it, whatever
//! has ended meanwhile, so that a plan counts what a run does. A run with a
//! journal needs none of this while it grades: there equal rows are found in the
//! journal. Invariant: however long a row is stuck, at most a window of outcomes
//! is kept, and each follower gets the outcome of its own leader, once.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::outcome::Outcome;
use super::resolve::Key;
use super::window::Window;

/// How many rows later an equal row may follow.
const REACH: u64 = Window::ROWS as u64;

/// Tells who reads which rows are equal.
#[derive(Debug, Default)]
pub(super) struct Leaders(HashMap<Key, u64>);

impl Leaders {
    /// The row that this one follows; when there is none, later ones may follow it.
    pub(super) fn of(&mut self, number: u64, key: Key) -> Option<u64> {
        let near = |leader: &u64| number - *leader <= REACH;
        if let Some(leader) = self.0.get(&key).copied().filter(near) {
            return Some(leader);
        }
        if self.0.len() >= 2 * Window::ROWS {
            self.0.retain(|_, leader| near(leader));
        }
        self.0.insert(key, number);
        None
    }
}

/// What a leader has come to; none when it was given up, since the run ends.
pub(super) type Fate = Option<Arc<Outcome>>;

/// Gives who writes the outcomes of leaders for those who follow; rows go by their numbers.
#[derive(Debug)]
pub(super) struct Followers<Row> {
    /// Of leaders that somebody may still follow.
    fates: BTreeMap<u64, Fate>,
    /// Rows that wait for a leader.
    waiting: HashMap<u64, Vec<(u64, Row)>>,
    /// The last row that was heard of: followers come in the order in which they were read, and
    /// before any later row can end.
    newest: u64,
}

impl<Row> Default for Followers<Row> {
    fn default() -> Self {
        Self { fates: BTreeMap::new(), waiting: HashMap::new(), newest: 0 }
    }
}

impl<Row> Followers<Row> {
    /// A row has ended; returns those that wait for it.
    pub(super) fn settle(&mut self, number: u64, fate: Fate) -> Vec<(u64, Row)> {
        self.fates.insert(number, fate);
        self.hear(number);
        self.waiting.remove(&number).unwrap_or_default()
    }

    /// What the leader of a row has come to, with the row; until that is known, the row is kept.
    pub(super) fn follow(&mut self, number: u64, leader: u64, row: Row) -> Option<(Row, Fate)> {
        self.hear(number);
        if let Some(fate) = self.fates.get(&leader) {
            return Some((row, fate.clone()));
        }
        self.waiting.entry(leader).or_default().push((number, row));
        None
    }

    /// Lets go of what nobody can follow any more.
    fn hear(&mut self, number: u64) {
        self.newest = self.newest.max(number);
        while let Some(oldest) = self.fates.first_entry()
            && *oldest.key() + REACH < self.newest
        {
            oldest.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{HashSet, VecDeque};

    use super::super::order::{Order, Through};
    use super::*;

    /// A generator of numbers that look random.
    struct Dice(u64);

    impl Dice {
        fn below(&mut self, end: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(self.0 >> 33).unwrap() % end
        }
    }

    /// The pipeline without its threads: rows enter a window, end in any order, and come out.
    struct Rig {
        dice: Dice,
        leaders: Leaders,
        followers: Followers<Key>,
        order: Option<Order>,
        /// Rows under way by number, and the key by which each was graded once it is out.
        inside: HashMap<u64, Key>,
        out: Vec<u64>,
        graded: Vec<(u64, Key)>,
        followed: usize,
    }

    impl Rig {
        fn new(ordered: bool, seed: u64) -> Self {
            Self {
                dice: Dice(seed),
                leaders: Leaders::default(),
                followers: Followers::default(),
                order: ordered.then(Order::default),
                inside: HashMap::new(),
                out: Vec::new(),
                graded: Vec::new(),
                followed: 0,
            }
        }

        /// `number` stands in the place of its bytes, so that it can be known again.
        fn through(&mut self, number: u64) {
            let row = Through { line: None, bytes: usize::try_from(number).unwrap() };
            let out = &mut self.out;
            match &mut self.order {
                None => out.push(number),
                Some(order) => order
                    .through(number, row, &mut |row| {
                        out.push(row.bytes as u64);
                        Ok(())
                    })
                    .unwrap(),
            }
            for number in self.out.drain(..).collect::<Vec<_>>() {
                let key = self.inside.remove(&number).expect("a row came out twice");
                self.graded.push((number, key));
            }
        }

        fn end(&mut self, number: u64) {
            let key = self.inside[&number];
            let fate = Some(Arc::new(Outcome::failed(&key.0.to_string())));
            let waiting = self.followers.settle(number, fate.clone());
            self.through(number);
            for (number, key) in waiting {
                self.take(number, key, fate.as_ref());
            }
        }

        fn take(&mut self, number: u64, key: Key, fate: Option<&Arc<Outcome>>) {
            let outcome = fate.expect("nothing was given up");
            assert_eq!(outcome.fields, Outcome::failed(&key.0.to_string()).fields);
            self.followed += 1;
            self.through(number);
        }

        /// `rows` rows of a few keys; one of `stuck` in each thousand ends last of all.
        fn run(&mut self, rows: u64, keys: usize, stuck: bool) {
            let (mut jobs, mut held) = (VecDeque::new(), Vec::new());
            for number in 0..rows {
                while self.inside.len() >= Window::ROWS {
                    let at = self.dice.below(jobs.len());
                    let ended = jobs.swap_remove_back(at).unwrap();
                    self.end(ended);
                }
                let key = Key(self.dice.below(keys) as u128);
                self.inside.insert(number, key);
                match self.leaders.of(number, key) {
                    Some(leader) => {
                        if let Some((key, fate)) = self.followers.follow(number, leader, key) {
                            self.take(number, key, fate.as_ref());
                        }
                    }
                    None if stuck && number % 1000 == 0 => held.push(number),
                    None => jobs.push_back(number),
                }
                self.bounded();
                if self.dice.below(2) == 0 && !jobs.is_empty() {
                    let at = self.dice.below(jobs.len());
                    let ended = jobs.swap_remove_back(at).unwrap();
                    self.end(ended);
                }
            }
            for number in jobs.into_iter().chain(held) {
                self.end(number);
            }
        }

        fn bounded(&self) {
            let waiting: usize = self.followers.waiting.values().map(Vec::len).sum();
            let held = self.order.as_ref().map_or(0, Order::held);
            assert!(self.followers.fates.len() <= Window::ROWS + 1);
            assert!(waiting + held <= self.inside.len());
            assert!(self.leaders.0.len() <= 2 * Window::ROWS);
        }
    }

    #[test]
    fn every_row_comes_out_once_with_the_outcome_of_its_equal_in_bounded_memory() {
        for seed in 0..4 {
            for (keys, stuck) in [(7, false), (3000, false), (1 << 30, false), (3000, true)] {
                // In order a stuck row fills the window, which then nobody leaves.
                for ordered in [false, true].into_iter().filter(|ordered| !(*ordered && stuck)) {
                    let mut rig = Rig::new(ordered, seed);
                    rig.run(9000, keys, stuck);
                    let numbers: Vec<u64> = rig.graded.iter().map(|(number, _)| *number).collect();
                    assert_eq!(numbers.len(), 9000);
                    assert_eq!(numbers.iter().collect::<HashSet<_>>().len(), 9000);
                    assert!(!ordered || numbers.is_sorted());
                    assert_eq!(rig.followed > 100, keys < 1 << 30, "{} followed", rig.followed);
                    assert!(rig.followers.waiting.is_empty(), "a row waits for ever");
                }
            }
        }
    }

    #[test]
    fn a_row_follows_one_that_was_read_a_window_before_it_and_none_before_that() {
        let mut leaders = Leaders::default();
        assert_eq!(leaders.of(0, Key(1)), None);
        assert_eq!(leaders.of(REACH, Key(1)), Some(0));
        assert_eq!(leaders.of(REACH + 1, Key(1)), None);
        assert_eq!(leaders.of(REACH + 2, Key(1)), Some(REACH + 1));
    }

    #[test]
    fn who_follows_a_row_that_was_given_up_is_given_up() {
        let mut followers = Followers::default();
        assert!(followers.follow(1, 0, "early").is_none());
        assert_eq!(followers.settle(0, None), [(1, "early")]);
        assert!(matches!(followers.follow(2, 0, "late"), Some(("late", None))));
    }
}
