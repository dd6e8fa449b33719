//! What the derive writes about the columns of a model, for the models of tests, which are defined by hand.

use bondstone_schema::stored::{Restored, RowReader};
use bondstone_schema::{ColumnDef, RowOps};

/// Parts of a definition.
pub(crate) struct ByHand<M: 'static> {
    pub(crate) columns: &'static [ColumnDef],
    pub(crate) row: RowOps<M>,
    pub(crate) read: fn(&mut RowReader<'_>) -> Restored<M>,
}

/// A definition's columns, what can be done with them, and how a row is read: for a struct whose fields are its columns.
macro_rules! by_hand {
    ($row:ident { $($field:ident: $type:ty),* }) => {{
        use bondstone_schema::{ColumnDef, ColumnSet, RowOps, Sink, Value, ValueRef};
        use bondstone_schema::stored::{Restored, RowReader};

        fn view(row: &$row, column: u16) -> ValueRef<'_> {
            let mut views = [$(Some(row.$field.view())),*];
            views[usize::from(column)].take().expect("it is taken once")
        }

        fn write(row: &$row, column: u16, sink: &mut dyn Sink) {
            let writes: &[&dyn Fn(&mut dyn Sink)] = &[$(&|sink| row.$field.write_to(sink)),*];
            writes[usize::from(column)](sink);
        }

        fn read(row: &mut RowReader<'_>) -> Restored<$row> {
            let ($($field,)*) = row.fields(0)?;
            Ok($row { $($field),* })
        }

        const COLUMNS: &[ColumnDef] = &[$(ColumnDef::of::<$type>(stringify!($field), "")),*];
        const OPS: RowOps<$row> = RowOps {
            view,
            differing: |left, right| ColumnSet::unequal([$(left.$field == right.$field),*]),
            write,
            enforce: |_, _| Ok(()),
        };
        $crate::by_hand::ByHand { columns: COLUMNS, row: OPS, read }
    }};
}

pub(crate) use by_hand;
