//! Rows are linked by an association that is a link and nothing else.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
#[has_many(courses: Course via Enrollment)]
struct Student {
    #[key]
    id: Id<Student>,
}

#[derive(Clone, Debug, Model)]
struct Course {
    #[key]
    id: Id<Course>,
}

#[derive(Clone, Debug, Model)]
struct Enrollment {
    #[key]
    student: Id<Student>,
    #[key]
    course: Id<Course>,
    grade: Option<String>,
}

fn enroll(tx: &mut Tx, student: Id<Student>, course: Id<Course>) -> Result<bool, Error> {
    tx.link(Student::COURSES, student, course)
}

fn main() {}
