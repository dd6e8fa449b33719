//! Faults that are built into the engine on purpose, one at a time: a check that none of them fails proves nothing.
//!
//! In a build with `--cfg canary` the checks of this binary run once without any fault, and then with each canary there is,
//! until one of them fails. A canary that all of them pass fails the run. The switches are those of the whole process, so
//! this runs alone: `.ci/durability canaries`.

use std::panic::{self, UnwindSafe};

use bondstone::files::canary::{CANARIES, set};

use crate::{crash, damage, faults, levels, opening};

/// What has to fail, the quick ones first.
const CHECKS: &[(&str, fn())] = &[
    ("a missing log", opening::a_log_that_is_missing_is_an_error_and_nothing_is_touched),
    ("a frame of another history", damage::a_frame_of_another_history_is_not_believed),
    ("what is known to be safe", damage::what_is_known_to_be_safe_is_never_cut),
    ("a failed sync", faults::a_failed_sync_poisons_and_reopening_decides),
    ("a full disk", faults::a_full_disk_refuses_and_goes_on_when_there_is_space),
    ("who waits", levels::who_builds_on_what_is_not_published_waits_for_it),
    ("a group", crash::a_group_that_commits_together_crashes_anywhere),
    ("a backup", crash::a_backup_that_crashes_is_whole_or_nothing),
    ("flips", damage::every_bit_that_flips_is_detected_or_harmless),
    ("crashes", crash::after_every_crash_there_is_a_state_that_was_committed),
    ("faults", faults::every_operation_may_fail),
];

#[test]
fn every_canary_is_caught() {
    for (name, check) in CHECKS {
        assert_eq!(found(*check), None, "{name} fails without a canary");
    }
    let report = panic::take_hook();
    // What is expected to fail need not be told.
    panic::set_hook(Box::new(|_| ()));
    let caught: Vec<_> = CANARIES
        .iter()
        .map(|canary| {
            set(canary, true);
            let by = CHECKS.iter().find_map(|(name, check)| Some((name, found(*check)?)));
            set(canary, false);
            println!("{canary}: {by:.200?}");
            (canary, by)
        })
        .collect();
    panic::set_hook(report);
    let free: Vec<_> = caught.iter().filter(|(_, by)| by.is_none()).map(|(name, _)| name).collect();
    assert!(free.is_empty(), "caught by nothing: {free:?}");
}

/// What a check finds.
fn found(check: impl FnOnce() + UnwindSafe) -> Option<String> {
    let panic = panic::catch_unwind(check).err()?;
    let words = panic.downcast_ref::<String>().cloned();
    Some(
        words
            .or_else(|| panic.downcast_ref::<&str>().map(|words| (*words).to_owned()))
            .unwrap_or_default(),
    )
}
