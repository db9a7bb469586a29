//! The laws of a bucket, against a slow reference: a tank that fills drop by drop.

use std::time::Duration;

use proptest::{collection::vec, prelude::*, sample::select};
use tollgate_engine::{Action, Bucket, Charge, Cost, Decision, Quota, Timestamp, Verdict, decide};

/// A token bucket as one would draw it: a level, filled by every nanosecond that passes, never above
/// the brim. One unit is `unit` nanoseconds' filling. It knows no theoretical arrival time, and its
/// clock only moves forward.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Tank {
    unit: u128,
    brim: u128,
    level: u128,
    seen: u128,
}

impl Tank {
    fn full(quota: &Quota) -> Self {
        let unit = quota.period().as_nanos() / u128::from(quota.count());
        let brim = unit * u128::from(quota.burst());
        Self { unit, brim, level: brim, seen: 0 }
    }

    fn fill_until(&mut self, now: u64) {
        self.level = self.brim.min(self.level + (u128::from(now) - self.seen));
        self.seen = u128::from(now);
    }

    /// The wait until `cost` could be drawn; zero when it can be now.
    fn wait(&self, cost: u64) -> u128 {
        (self.unit * u128::from(cost)).saturating_sub(self.level)
    }

    fn draw(&mut self, cost: u64) {
        self.level = self.level.saturating_sub(self.unit * u128::from(cost));
    }

    fn pour_back(&mut self, cost: u64) {
        self.level = self.brim.min(self.level + self.unit * u128::from(cost));
    }
}

/// What is done to a bucket.
#[derive(Clone, Copy, Debug)]
enum Step {
    Spend(u64),
    Check(u64),
    Record(u64),
    Refund(u64),
    Reset,
}

fn any_quota() -> impl Strategy<Value = Quota> {
    let periods = select(vec![
        1_000_000,
        1_000_000_000,
        10_800_000_000_000,
        604_800_000_000_000,
        315_619_200_000_000_000,
    ]);
    let period = prop_oneof![periods, 1_000_000_u64..=315_619_200_000_000_000];
    (prop_oneof![1_u64..10, 1_u64..1_000_000], period, prop_oneof![1_u64..10, 1_u64..=1_000_000_000])
        .prop_map(|(count, period, burst)| {
            let longest =
                u64::try_from(Quota::BURST_OFFSET_MAX.as_nanos()).expect("64 bits") / (period / count);
            Quota::new(count, Duration::from_nanos(period), burst.min(longest)).expect("it is representable")
        })
}

/// A moment anywhere, and often at the ends.
fn any_moment() -> impl Strategy<Value = u64> {
    prop_oneof![any::<u64>(), 0_u64..3, (u64::MAX - 3)..=u64::MAX, Just(1_795_000_000_000_000_000)]
}

/// A part of the quota's own time scale, so that buckets are met half full.
fn scaled(quota: &Quota, part: f64) -> u64 {
    (quota.burst_offset().as_nanos() as f64 * part) as u64
}

/// A cost the quota can bear.
fn scaled_cost(quota: &Quota, part: f64) -> u64 {
    ((quota.burst() as f64 * part) as u64).clamp(1, quota.burst())
}

fn any_step() -> impl Strategy<Value = (f64, fn(u64) -> Step, f64)> {
    let kinds: Vec<fn(u64) -> Step> =
        vec![Step::Spend, Step::Spend, Step::Spend, Step::Check, Step::Record, Step::Refund, |_| Step::Reset];
    (prop_oneof![Just(0.0), 0.0..0.1, 0.0..1.5], select(kinds), prop_oneof![0.0..0.2, 0.0..=1.0])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn bucket_behaves_as_a_tank(
        quota in any_quota(),
        start in 0_u64..1_795_000_000_000_000_000,
        steps in vec(any_step(), 1..40),
    ) {
        let (mut bucket, mut tank, mut now) = (Bucket::default(), Tank::full(&quota), start);
        for (passed, kind, part) in steps {
            // The tank's clock must not run into the end of time; that end has its own law below.
            now = now.saturating_add(scaled(&quota, passed)).min(u64::MAX / 2);
            tank.fill_until(now);
            let at = Timestamp::from_nanos(now);
            match kind(scaled_cost(&quota, part)) {
                Step::Spend(cost) => {
                    let verdict = bucket.spend(&quota, Cost(cost), at).expect("the cost fits");
                    prop_assert_eq!(verdict, told(tank.wait(cost)));
                    if verdict == Verdict::Allow {
                        tank.draw(cost);
                    }
                }
                Step::Check(cost) => {
                    prop_assert_eq!(bucket.check(&quota, Cost(cost), at), Ok(told(tank.wait(cost))));
                }
                Step::Record(cost) => {
                    bucket.record(&quota, Cost(cost), at).expect("the cost fits");
                    tank.draw(cost);
                }
                Step::Refund(cost) => {
                    bucket.refund(&quota, Cost(cost), at);
                    tank.pour_back(cost);
                }
                Step::Reset => {
                    bucket.reset();
                    tank.level = tank.brim;
                }
            }
            let state = bucket.state(&quota, at);
            prop_assert_eq!(u128::from(state.remaining), tank.level / tank.unit);
            prop_assert_eq!(state.full_in.as_nanos(), tank.brim - tank.level);
            prop_assert_eq!(bucket.is_full(at), tank.level == tank.brim);
        }
    }

    #[test]
    fn told_wait_is_exact_to_the_nanosecond(
        quota in any_quota(),
        now in 0_u64..u64::MAX / 4,
        backlog in 0.0..=2.0,
        part in 0.0..=1.0,
    ) {
        let cost = Cost(scaled_cost(&quota, part));
        let increment = u64::try_from(quota.emission_interval().as_nanos()).expect("64 bits") * cost.0;
        // Waits that end before the end of time: in the year 2554, what would have to be kept beyond it is denied.
        let tat = now.saturating_add(scaled(&quota, backlog)).min(u64::MAX - increment);
        let bucket = Bucket::from_tat(Timestamp::from_nanos(tat));
        let after = |wait: Duration| bucket.check(&quota, cost, Timestamp::from_nanos(now).saturating_add(wait));
        if let Verdict::Deny { retry_after } = after(Duration::ZERO).expect("the cost fits") {
            let nanosecond = Duration::from_nanos(1);
            prop_assert_eq!(after(retry_after), Ok(Verdict::Allow));
            prop_assert_eq!(after(retry_after - nanosecond), Ok(Verdict::Deny { retry_after: nanosecond }));
        }
    }

    /// Whatever the clock does, forwards, backwards or to the ends of time.
    #[test]
    fn no_window_grants_more_than_burst_and_what_came_back_in_it(
        quota in any_quota(),
        near in any_moment(),
        spends in vec((any_moment(), -2.0..2.0, any::<bool>(), 0.0..=1.0), 1..40),
    ) {
        let mut bucket = Bucket::default();
        let mut granted: Vec<(u64, u64)> = Vec::new();
        for (far, offset, stay, part) in spends {
            let now = if stay { near.saturating_add_signed((quota.burst_offset().as_nanos() as f64 * offset) as i64) } else { far };
            let cost = scaled_cost(&quota, part);
            if bucket.spend(&quota, Cost(cost), Timestamp::from_nanos(now)) == Ok(Verdict::Allow) {
                granted.push((now, cost));
            }
        }
        let interval = quota.emission_interval().as_nanos();
        for (from, _) in &granted {
            for (to, _) in granted.iter().filter(|(to, _)| to >= from) {
                let sum: u128 = granted
                    .iter()
                    .filter(|(at, _)| (from..=to).contains(&at))
                    .map(|(_, cost)| u128::from(*cost))
                    .sum();
                let most = u128::from(quota.burst()) + u128::from(to - from) / interval;
                prop_assert!(sum <= most, "{sum} granted in {} ns, at most {most}", to - from);
            }
        }
    }

    #[test]
    fn no_time_and_no_tat_panics_or_grants_beyond_what_can_be_kept(
        quota in any_quota(),
        tat in any_moment(),
        now in any_moment(),
        cost in any::<u64>(),
        part in 0.0..=1.0,
    ) {
        let (before, at) = (Bucket::from_tat(Timestamp::from_nanos(tat)), Timestamp::from_nanos(now));
        for cost in [0, cost, scaled_cost(&quota, part)] {
            let increment = quota.emission_interval().as_nanos() * u128::from(cost);
            let offset = quota.burst_offset().as_nanos();
            let new_tat = u128::from(tat.max(now)) + increment;
            let allowed = new_tat <= u128::from(now) + offset && new_tat <= u128::from(u64::MAX);
            let mut bucket = before;
            match bucket.spend(&quota, Cost(cost), at) {
                Ok(Verdict::Allow) => {
                    prop_assert!(allowed);
                    prop_assert_eq!(u128::from(bucket.tat().as_nanos()), new_tat);
                }
                Ok(Verdict::Deny { retry_after }) => {
                    prop_assert!(!allowed);
                    prop_assert!(retry_after > Duration::ZERO);
                    prop_assert_eq!(bucket, before);
                }
                Err(_) => {
                    prop_assert!(cost > quota.burst());
                    prop_assert_eq!(bucket, before);
                }
            }
            prop_assert!(before.state(&quota, at).remaining <= quota.burst());

            let mut bucket = before;
            bucket.refund(&quota, Cost(cost), at);
            prop_assert!(bucket.tat() <= before.tat());
            prop_assert!(bucket.tat() == before.tat() || bucket.tat() >= at, "never above full");

            let mut bucket = before;
            if bucket.record(&quota, Cost(cost), at).is_ok() {
                let empty = at.saturating_add(quota.burst_offset());
                prop_assert!(bucket.tat() >= before.tat());
                prop_assert!(bucket.tat() <= empty.max(before.tat()), "an empty bucket stays empty");
            }
        }
    }

    #[test]
    fn batch_is_all_or_nothing_and_decided_by_the_longest_wait(
        now in 0_u64..u64::MAX / 4,
        charged in vec((any_quota(), 0.0..1.2, 0.0..=0.6, 0_u8..3), 1..12),
    ) {
        let at = Timestamp::from_nanos(now);
        let mut charges = Vec::new();
        let mut before = Vec::new();
        for (quota, backlog, part, action) in charged {
            let action = [Action::Spend, Action::Check, Action::Record][usize::from(action)];
            charges.push(Charge { quota, cost: Cost(scaled_cost(&quota, part)), action });
            before.push(Bucket::from_tat(Timestamp::from_nanos(now.saturating_add(scaled(&quota, backlog)))));
        }
        let mut after = before.clone();
        let decision = decide(&charges, &mut after, at).expect("the costs fit");

        // One after the other, each as if it were alone.
        let mut alone = before.clone();
        let waits: Vec<Duration> = charges
            .iter()
            .zip(&mut alone)
            .map(|(charge, bucket)| wait_of(charge, bucket, at))
            .collect();
        let longest = waits.iter().max().copied().expect("there is one");
        prop_assert_eq!(decision.verdict, told(longest.as_nanos()));
        prop_assert_eq!(&after, if longest.is_zero() { &alone } else { &before });

        let told_of = |index: usize| {
            let state = after[index].state(&charges[index].quota, at);
            (std::cmp::Reverse(waits[index]), state.remaining, index)
        };
        let decisive = (0..charges.len()).map(told_of).min().expect("there is one").2;
        let state = after[decisive].state(&charges[decisive].quota, at);
        prop_assert_eq!(decision, Decision { verdict: decision.verdict, decisive, state });
    }
}

/// What the wait of one charge is, and, when there is none, what becomes of its bucket.
fn wait_of(charge: &Charge, bucket: &mut Bucket, now: Timestamp) -> Duration {
    let verdict = match charge.action {
        Action::Spend => bucket.spend(&charge.quota, charge.cost, now),
        Action::Check => bucket.check(&charge.quota, charge.cost, now),
        Action::Record => bucket.record(&charge.quota, charge.cost, now).map(|()| Verdict::Allow),
    };
    match verdict.expect("the cost fits") {
        Verdict::Allow => Duration::ZERO,
        Verdict::Deny { retry_after } => retry_after,
    }
}

fn told(wait: u128) -> Verdict {
    match u64::try_from(wait).expect("waits are told in 64 bits") {
        0 => Verdict::Allow,
        wait => Verdict::Deny { retry_after: Duration::from_nanos(wait) },
    }
}
