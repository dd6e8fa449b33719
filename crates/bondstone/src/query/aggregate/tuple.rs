//! Several aggregates are one, whose result is the tuple of their results.

use bondstone_schema::Model;

use super::Aggregate;
use crate::expression::At;

macro_rules! tuples {
    ($(($($name:ident $place:tt),+))*) => {$(
        impl<Row: Model, $($name: Aggregate<Row>),+> Aggregate<Row> for ($($name,)+) {
            type State<'v> = ($($name::State<'v>,)+);
            type Marks = ($($name::Marks,)+);
            type Output<'v> = ($($name::Output<'v>,)+);
            const JUDGES: bool = $($name::JUDGES)||+;

            fn begin<'v>(&self) -> Self::State<'v> {
                ($(self.$place.begin(),)+)
            }

            #[inline]
            fn judge(&self, rows: &[&Row], at: At<'_, '_>) -> Self::Marks {
                ($(self.$place.judge(rows, at),)+)
            }

            #[inline(always)]
            fn update<'v>(
                &self,
                state: &mut Self::State<'v>,
                row: &'v Row,
                place: usize,
                marks: Self::Marks,
                at: At<'v, '_>,
            ) {
                $(self.$place.update(&mut state.$place, row, place, marks.$place, at);)+
            }

            fn finish<'v>(&self, state: Self::State<'v>) -> Self::Output<'v> {
                ($(self.$place.finish(state.$place),)+)
            }
        }
    )*};
}

/// Nothing, of whatever rows: for those who only want to know which groups there are.
impl<M: Model> Aggregate<M> for () {
    type State<'v> = ();
    type Marks = ();
    type Output<'v> = ();
    const JUDGES: bool = false;

    fn begin<'v>(&self) -> Self::State<'v> {}

    #[inline]
    fn judge(&self, _rows: &[&M], _at: At<'_, '_>) {}

    #[inline]
    fn update<'v>(&self, (): &mut (), _: &'v M, _: usize, (): (), _: At<'v, '_>) {}

    fn finish<'v>(&self, (): Self::State<'v>) -> Self::Output<'v> {}
}

tuples! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
}
