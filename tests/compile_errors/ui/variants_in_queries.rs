//! What is asked of variants must be theirs.

use bondstone::prelude::*;

#[derive(Clone, Debug, PartialEq, Value, Variants)]
enum Kind {
    Employee { salary: u32 },
    Guest,
}

#[derive(Clone, Debug, PartialEq, Value, Variants)]
enum Other {
    This { one: u32 },
    That,
}

#[derive(Clone, Debug, Model)]
struct Party {
    #[key]
    id: Id<Party>,
    #[index(EMPLOYEE_WAGE)]
    kind: Kind,
}

fn main() {
    let _ = Party::KIND.is(OtherTag::This);
    let _ = Party::KIND.case(Other::THIS_ONE).gt(3);
}
