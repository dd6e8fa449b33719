//! A reader walks a bucket while it goes, and another hash gets its number.

use loom::sync::Arc;
use loom::thread;

use super::*;
use crate::register::Register;
use crate::sync::canary;
use crate::testing::end_of_work;
use crate::writer::FIRST;

/// Two hashes that differ in every part of them.
const ONE: u64 = 0x1111_1111_1111_1111;
const OTHER: u64 = 0xeeee_eeee_eeee_eeee;

/// The only row of a hash was deleted by the first commit that the reader may miss. Its entry goes as soon as the register
/// allows, and a row of another hash comes.
fn number_is_used_again() {
    loom::model(|| {
        let (buckets, mut writer) = (Buckets::new(), Writer::new());
        buckets.insert(&mut writer, ONE, 1);
        let shared = Arc::new((buckets, Register::after(FIRST)));
        let reader = thread::spawn({
            let shared = shared.clone();
            move || {
                let (buckets, register) = &*shared;
                // SAFETY: the register outlives the registration.
                let registration = unsafe { register.register() };
                let rows: Vec<u32> = buckets.iter(ONE).into_iter().flatten().collect();
                assert!(rows.iter().all(|row| *row == 1), "a row of another hash");
                assert!(registration.timestamp() > FIRST || rows == [1], "a row is not found");
            }
        });
        let (buckets, register) = &*shared;
        let deleted = writer.now();
        let horizon = end_of_work(register, &mut writer);
        writer.free(horizon, 8);
        if horizon >= deleted {
            buckets.remove(&mut writer, ONE, 1);
            buckets.insert(&mut writer, OTHER, 2);
        }
        reader.join().unwrap();
    });
}

#[test]
fn loom_bucket_number_is_used_again() {
    number_is_used_again();
}

#[test]
#[should_panic(expected = "a row of another hash")]
fn loom_twin_bucket_number_used_at_once() {
    canary::set("NumberUsedAtOnce");
    number_is_used_again();
}
