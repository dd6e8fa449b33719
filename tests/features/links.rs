//! Many to many: links, what they hold, and associations as models of their own.

use bondstone::LinkChanges;
use bondstone::prelude::*;

use crate::{Result, at, ticking};

#[derive(Clone, Debug, Model)]
#[table("posts")]
#[has_many(tags: Tag via PostTag)]
struct Post {
    #[key]
    id: Id<Post>,
}

#[derive(Clone, Debug, Model)]
#[table("tags")]
#[has_many(posts: Post via PostTag)]
struct Tag {
    #[key]
    id: Id<Tag>,
}

/// An association and nothing else.
#[derive(Clone, Debug, Model)]
#[table("post_tags")]
struct PostTag {
    #[key]
    #[on_delete(cascade)]
    post_id: Id<Post>,
    #[key]
    #[on_delete(cascade)]
    tag_id: Id<Tag>,
}

#[derive(Clone, Debug, Model)]
#[table("students")]
#[has_many(enrollments: Enrollment, courses: Course via Enrollment)]
struct Student {
    #[key]
    id: Id<Student>,
    name: String,
}

#[derive(Clone, Debug, Model)]
#[table("courses")]
#[has_many(enrollments: Enrollment, students: Student via Enrollment)]
struct Course {
    #[key]
    id: Id<Course>,
    title: String,
    seats: usize,
}

/// An association that knows more.
#[derive(Clone, Debug, Model)]
#[table("enrollments")]
struct Enrollment {
    #[key]
    student_id: Id<Student>,
    #[key]
    course_id: Id<Course>,
    #[on_insert(tx.now())]
    enrolled_at: Timestamp,
    grade: Option<String>,
}

/// Enrolls a student, if there is a seat.
fn enroll(tx: &mut Tx, student_id: Id<Student>, course_id: Id<Course>) -> Result {
    let course = tx.get(course_id).ok_or("there is no such course")?;
    if course.students(tx).count() >= course.seats {
        return Err("no seat is left".into());
    }
    tx.insert(NewEnrollment { student_id, course_id, grade: None }).map(drop)
}

/// Two students and two courses.
type School = ([Id<Student>; 2], [Id<Course>; 2]);

/// Ann and Bob, and two courses, the first with one seat.
fn school(tx: &mut Tx) -> Result<School> {
    let mut student = |name: &str| tx.insert(NewStudent { name: name.into() });
    let students = [student("Ann")?, student("Bob")?];
    let mut course = |title: &str, seats| tx.insert(NewCourse { title: title.into(), seats });
    Ok((students, [course("Arenas", 1)?, course("Indexes", 9)?]))
}

fn database() -> Result<Database> {
    ticking::<(Post, Student)>().in_memory()
}

#[test]
fn s29_many_rows_are_linked_to_many() -> Result {
    let db = database()?;
    db.write(|tx| {
        let (post, other) = (tx.insert(NewPost {})?, tx.insert(NewPost {})?);
        let (rust, code) = (tx.insert(NewTag {})?, tx.insert(NewTag {})?);
        tx.link(Post::TAGS, post, rust)?;
        tx.link(Post::TAGS, post, code)?;
        tx.link(Tag::POSTS, rust, other)?; // from the other side
        assert_eq!(tx[post].tags(tx).count(), 2);
        let mut posts = tx[rust].posts(tx).ids();
        posts.sort_unstable();
        assert_eq!(posts, [post, other]);
        tx.delete(rust)?;
        assert_eq!(tx[post].tags(tx).ids(), [code], "a link goes with each of its ends");
        assert_eq!(tx.count::<PostTag>(), 1);
        Ok(())
    })
}

#[test]
fn s30_a_link_has_columns_and_defaults_of_its_own() -> Result {
    let db = database()?;
    let (ann, course) = db.write(|tx| {
        let ([ann, _], [course, _]) = school(tx)?;
        enroll(tx, ann, course)?;
        Ok((ann, course))
    })?;
    let snap = db.read();
    let enrollment = &snap[Id::<Enrollment>::new((ann, course))];
    assert_eq!((enrollment.enrolled_at, &enrollment.grade), (at(0), &None));
    Ok(())
}

#[test]
fn s31_an_association_is_a_model_with_relations_both_ways() -> Result {
    let db = database()?;
    let ([ann, bob], course) = db.write(|tx| {
        let (students, [_, course]) = school(tx)?;
        for (student_id, grade) in students.into_iter().zip(["A", "C"]) {
            tx.insert(NewEnrollment { student_id, course_id: course, grade: Some(grade.into()) })?;
        }
        Ok((students, course))
    })?;
    let snap = db.read();
    let of_ann = snap[ann].enrollments(&snap).one()?;
    assert_eq!(of_ann.grade.as_deref(), Some("A"));
    assert_eq!((of_ann.student(&snap).id, of_ann.course(&snap).id), (ann, course));
    let worse = snap[course].enrollments(&snap).filter(Enrollment::GRADE.gt(Some("A".to_owned())));
    assert_eq!(worse.one()?.student_id, bob);
    let excellent = Student::ENROLLMENTS.any(Enrollment::GRADE.eq("A"));
    assert_eq!(snap.query().filter(excellent).ids(), [ann]);
    Ok(())
}

#[test]
fn s32_helpers_are_functions_that_read_a_view_or_write_a_transaction() -> Result {
    let db = database()?;
    let ([ann, bob], [arenas, _]) = db.write(school)?;
    db.write(|tx| enroll(tx, ann, arenas))?;
    let full = db.write(|tx| enroll(tx, bob, arenas)).unwrap_err();
    assert_eq!(full.to_string(), "no seat is left");
    let snap = db.read();
    assert_eq!(snap[ann].courses(&snap).one()?.title, "Arenas", "past the association");
    assert_eq!(snap[arenas].students(&snap).one()?.name, "Ann");
    assert!(snap[bob].courses(&snap).is_empty());
    Ok(())
}

#[test]
fn x11_links_are_made_ended_and_replaced() -> Result {
    let db = database()?;
    db.write(|tx| {
        let post = tx.insert(NewPost {})?;
        let tags = tx.insert_all([NewTag {}, NewTag {}, NewTag {}])?;
        assert!(tx.link(Post::TAGS, post, tags[0])?);
        assert!(!tx.link(Post::TAGS, post, tags[0])?, "they were linked");
        let done = tx.set_links(Post::TAGS, post, tags[..2].iter().copied())?;
        assert_eq!(done, LinkChanges { added: 1, removed: 0 }, "only the difference");
        assert!(tx.unlink(Post::TAGS, post, tags[1])?);
        assert!(!tx.unlink(Post::TAGS, post, tags[2])?, "they were not");
        assert_eq!(tx[post].tags(tx).ids(), tags[..1]);
        Ok(())
    })
}
