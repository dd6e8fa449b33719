//! Rekeys that somebody listens to: for hooks they are updates, of the row and of all that follow it.
//!
//! As with deletes, who follows is found again when hooks were called, until nobody new turns up.

use std::any::Any;
use std::collections::HashMap;

use super::super::rekey::{Concerned, Plan};
use super::super::{Tx, behaviour_of};
use super::{Listeners, Updated};
use crate::database::Inner;
use crate::error::Result;
use crate::hooks::{HookKind, HookSet};
use crate::plan::RowRef;

impl Tx {
    /// Gives a row another key.
    #[cold]
    pub(in super::super) fn rekey_heard(&mut self, database: &Inner, mut plan: Plan) -> Result<()> {
        let hooks = self.hooks.begin_statement()?;
        self.savepoint(|tx| {
            let place = tx.hooks.place();
            let mut olds = HashMap::new();
            let mut heard = 0;
            loop {
                tx.follow_rekey(database, &mut plan)?;
                let new = plan.order[heard..].to_vec();
                if new.is_empty() {
                    break;
                }
                heard += new.len();
                new.iter().try_for_each(|row| tx.refuse_busy(database, *row))?;
                new.iter().for_each(|row| tx.hooks.occupy(*row));
                for row in new {
                    olds.insert(row, tx.before_rekey(&hooks, database, &mut plan, row)?);
                }
            }
            tx.hooks.release(place);
            let written = tx.carry_out_rekey(database, plan)?;
            let mut updated = Vec::new();
            for row in written {
                let listeners = Listeners::of(&hooks, database, row.from.table)?;
                let old = olds.remove(&row.from).flatten();
                updated.extend(old.and_then(|old| Updated::of(tx, listeners, row.to, old)));
            }
            tx.tell_updates(updated)
        })
    }

    /// Calls the hooks before a row takes another key, or another reference. The row as it was.
    fn before_rekey(
        &mut self,
        hooks: &HookSet,
        database: &Inner,
        plan: &mut Plan,
        row: RowRef,
    ) -> Result<Option<Box<dyn Any>>> {
        let model = behaviour_of(database, row.table)?;
        let root = plan.order.first().copied();
        let concerned = plan.rows.get_mut(&row);
        let Some((old, concerned)) = model.row(self, row.slot).zip(concerned) else {
            return Ok(None);
        };
        let changed = if concerned.moves {
            model.differing(&*old, &*concerned.after)
        } else {
            model.refresh(self, &*old, &mut *concerned.after).changed
        };
        let listeners = Listeners::of(hooks, database, row.table)?;
        let kind = HookKind::BeforeUpdate;
        let Concerned { after, keys, .. } = concerned;
        let called = self.before(listeners, kind, changed, &mut **after, Some(&*old));
        let called = called.and_then(|()| {
            // A hook may have set a reference as it was, to what is no more.
            keys.iter().try_for_each(|key| model.refuse_same_parent(&*old, &**after, *key))
        });
        called.map_err(|error| self.followed_from(database, root, row, error))?;
        Ok(Some(old))
    }
}
