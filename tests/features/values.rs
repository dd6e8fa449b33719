//! Types of the program's own as columns, and of others.

use std::net::IpAddr;

use bondstone::AsText;
use bondstone::prelude::*;
use bondstone::vfs::sim::SimDisk;

use crate::Result;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Value)]
enum Status {
    Draft,
    Published,
}

/// A struct in a column.
#[derive(Clone, Debug, PartialEq, Value)]
struct Size {
    width: f64,
    height: f64,
}

/// An enum whose variants hold something.
#[derive(Clone, Debug, PartialEq, Value)]
enum Shape {
    Plain,
    Framed { with: String, sides: Vec<Size> },
}

#[derive(Clone, Debug, PartialEq, Model)]
#[table("pictures")]
struct Picture {
    #[key]
    id: Id<Picture>,
    #[index]
    status: Status,
    size: Size,
    shape: Shape,
    /// A type that is not ours: a codec says how it is stored.
    #[codec(AsText)]
    #[index]
    uploaded_from: IpAddr,
}

#[test]
fn s52_any_type_that_is_a_value_is_a_column_type() -> Result {
    let disk = SimDisk::new(1);
    let open = || Database::builder().models::<Picture>().background(false).open_in(disk.clone());
    let db = open()?;
    let size = Size { width: 4.0, height: 3.0 };
    let framed = Shape::Framed { with: "oak".into(), sides: vec![size.clone(); 2] };
    let uploaded_from = IpAddr::from([10, 0, 0, 7]);
    let rows = db.write(|tx| {
        let new = |status, shape| NewPicture { status, size: size.clone(), shape, uploaded_from };
        tx.insert_all([new(Status::Published, framed), new(Status::Draft, Shape::Plain)])
    })?;
    let before: Vec<Picture> = rows.iter().map(|id| db.read()[*id].clone()).collect();
    db.close()?;

    let db = open()?;
    let snap = db.read();
    assert_eq!(snap.query::<Picture>().order_by_key().all(), before.iter().collect::<Vec<_>>());
    assert_eq!(snap.query().filter(Picture::STATUS.eq(Status::Draft)).ids(), [rows[1]]);
    assert_eq!(snap.range(Picture::STATUS, Status::Published..).count(), 1, "in declared order");
    assert_eq!(snap.query().filter(Picture::SHAPE.eq(Shape::Plain)).ids(), [rows[1]]);
    assert_eq!(snap[rows[0]].uploaded_from, uploaded_from);
    let from_here = Picture::UPLOADED_FROM.starts_with("10.");
    assert_eq!(snap.query().filter(from_here).count(), 2, "queries see what is stored");
    Ok(())
}
