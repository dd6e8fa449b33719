//! The hooks of one transaction: which there are, which are under way, and what they may not touch.

use std::any::Any;
use std::collections::HashSet;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bondstone_schema::Model;

use super::{HookKind, HookPanic, HookSet, Limits, Rollback, around};
use crate::change::ChangeSet;
use crate::database::{Database, Inner};
use crate::error::{Error, Result};
use crate::plan::RowRef;

/// A hook that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) kind: HookKind,
    /// Of a hook over rows.
    pub(crate) table: Option<&'static str>,
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.table {
            Some(table) => write!(f, "`{}` of {table}", self.kind),
            None => write!(f, "`{}`", self.kind),
        }
    }
}

/// The hooks of a transaction. `None`, as a rule: nobody listens.
///
/// When it is dropped, last of all that a transaction has, it tells of a rollback.
pub(crate) struct Running(Option<Box<State>>);

struct State {
    set: Arc<HookSet>,
    database: Database,
    /// The hooks under way: those around the transaction, then its own, each inside a statement of the one before.
    chain: Vec<Frame>,
    /// So many are around it.
    around: usize,
    /// The rows that statements under way are about to write, and the order in which they became so.
    busy: HashSet<RowRef>,
    order: Vec<RowRef>,
    /// Statements made by hooks so far.
    statements: u64,
    /// How the transaction ends if nothing else happens; `None`: it was committed.
    ending: Option<Rollback>,
}

/// Where the hooks of a transaction stand, to return to if what follows is undone.
#[derive(Clone, Copy, Default)]
pub(crate) struct Place {
    chain: usize,
    busy: usize,
}

impl Running {
    /// Those of a transaction that begins.
    ///
    /// # Errors
    /// [`Error::HookDepth`]: hooks after commits begin transactions inside each other without end.
    #[inline]
    pub(crate) fn of(database: &Arc<Inner>) -> Result<Self> {
        match database.hooks.current() {
            Some(set) => Self::listening(database, set),
            None => Ok(Self(None)),
        }
    }

    #[cold]
    fn listening(database: &Arc<Inner>, set: Arc<HookSet>) -> Result<Self> {
        let chain = around::begin(&database.hooks.limits)?;
        let state = State {
            set,
            database: Database { inner: Arc::clone(database) },
            around: chain.len(),
            chain,
            busy: HashSet::new(),
            order: Vec::new(),
            statements: 0,
            ending: Some(Rollback::Dropped),
        };
        Ok(Self(Some(Box::new(state))))
    }

    /// Nobody listens.
    pub(crate) const fn none() -> Self {
        Self(None)
    }

    /// Is there any hook?
    #[inline(always)]
    pub(crate) const fn is_any(&self) -> bool {
        self.0.is_some()
    }

    /// Is a statement heard that writes rows of `M` alone? Inside a hook each is: it counts, and must not write what is being written.
    #[inline(always)]
    pub(crate) fn hear_rows_of<M: Model>(&self) -> bool {
        let hears = |state: &State| state.is_inside() || state.set.hears_rows_of(M::number().get());
        self.0.as_deref().is_some_and(hears)
    }

    /// Is a statement heard that may write rows of any table?
    #[inline(always)]
    pub(crate) fn hear_rows(&self) -> bool {
        self.0.as_deref().is_some_and(|state| state.is_inside() || state.set.hears_rows())
    }

    /// The hooks, if there are any.
    pub(crate) fn set(&self) -> Option<Arc<HookSet>> {
        self.0.as_ref().map(|state| Arc::clone(&state.set))
    }

    /// A statement begins. The hooks for it.
    ///
    /// # Errors
    /// [`Error::HookDepth`]: hooks have made as many as they may.
    pub(crate) fn begin_statement(&mut self) -> Result<Arc<HookSet>> {
        let Some(state) = &mut self.0 else { return Ok(Arc::default()) };
        if state.is_inside() {
            if state.statements >= state.limits().statements {
                return Err(state.too_deep());
            }
            state.statements += 1;
        }
        Ok(Arc::clone(&state.set))
    }

    /// A hook begins.
    ///
    /// # Errors
    /// [`Error::HookDepth`].
    pub(crate) fn enter(&mut self, frame: Frame) -> Result<()> {
        let Some(state) = &mut self.0 else { return Ok(()) };
        state.chain.push(frame);
        if state.chain.len() <= state.limits().depth {
            return Ok(());
        }
        let error = state.too_deep();
        state.chain.pop();
        Err(error)
    }

    /// The hook that began last has ended.
    pub(crate) fn leave(&mut self) {
        if let Some(state) = &mut self.0 {
            state.chain.pop();
        }
    }

    /// The hook under way, if there is one.
    pub(crate) fn innermost(&self) -> Option<Frame> {
        self.0.as_ref()?.chain.last().copied()
    }

    /// Is a statement under way about to write this row?
    pub(crate) fn is_busy(&self, row: RowRef) -> bool {
        self.0.as_ref().is_some_and(|state| state.busy.contains(&row))
    }

    /// A statement is about to write this row.
    pub(crate) fn occupy(&mut self, row: RowRef) {
        if let Some(state) = &mut self.0
            && state.busy.insert(row)
        {
            state.order.push(row);
        }
    }

    pub(crate) fn place(&self) -> Place {
        let place = |state: &State| Place { chain: state.chain.len(), busy: state.order.len() };
        self.0.as_deref().map(place).unwrap_or_default()
    }

    /// Gives up what came since.
    pub(crate) fn return_to(&mut self, place: Place) {
        self.release(place);
        if let Some(state) = &mut self.0 {
            state.chain.truncate(place.chain);
        }
    }

    /// Rows that became busy since are so no more.
    pub(crate) fn release(&mut self, place: Place) {
        if let Some(state) = &mut self.0 {
            for row in state.order.drain(place.busy..) {
                state.busy.remove(&row);
            }
        }
    }

    /// The transaction is given up, and this is why.
    pub(crate) fn give_up(&mut self, why: impl FnOnce() -> String) {
        if let Some(state) = &mut self.0
            && !state.set.after_rollback.is_empty()
        {
            state.ending = Some(Rollback::Error(why()));
        }
    }

    /// Does a hook want to know what is committed?
    pub(crate) fn wants_changes(&self) -> bool {
        self.0.as_ref().is_some_and(|state| !state.set.after_commit.is_empty())
    }

    /// The transaction is committed, and everyone sees it.
    pub(crate) fn committed(mut self, changes: Option<&Arc<ChangeSet>>) {
        let Some(state) = &mut self.0 else { return };
        state.ending = None;
        if let Some(changes) = changes {
            for hook in &state.set.after_commit {
                state.shield(HookKind::AfterCommit, || hook(changes, &state.database));
            }
        }
    }
}

impl State {
    fn limits(&self) -> &Limits {
        &self.database.inner.hooks.limits
    }

    /// Is a hook of this transaction under way?
    fn is_inside(&self) -> bool {
        self.chain.len() > self.around
    }

    fn too_deep(&self) -> Error {
        Error::HookDepth(self.chain.iter().map(Frame::to_string).collect())
    }

    /// Calls a hook after the transaction's end, whose panic has nobody to go to.
    fn shield(&self, kind: HookKind, hook: impl FnOnce()) {
        around::within(Frame { kind, table: None }, || self.catch(kind, hook));
    }

    fn catch(&self, kind: HookKind, hook: impl FnOnce()) {
        let Err(payload) = catch_unwind(AssertUnwindSafe(hook)) else { return };
        if let Some(told) = &self.limits().on_panic {
            let panic = HookPanic::new(kind, &*payload);
            // Whoever panics when told of a panic is not told of that.
            forget_panic(catch_unwind(AssertUnwindSafe(|| told(&panic))));
        }
        forget_panic(Err(payload));
    }
}

/// Drops what a panic carries, whose own `Drop` may panic.
fn forget_panic(outcome: std::thread::Result<()>) {
    if let Err(payload) = outcome
        && let Err(again) = catch_unwind(AssertUnwindSafe(|| drop::<Box<dyn Any + Send>>(payload)))
    {
        std::mem::forget(again);
    }
}

impl State {
    /// The transaction is over, and the store as before, unless it was committed.
    #[cold]
    fn end(&mut self) {
        let Some(mut ending) = self.ending.take() else { return };
        if ending == Rollback::Dropped && std::thread::panicking() {
            ending = Rollback::Panicked;
        }
        for hook in &self.set.after_rollback {
            self.shield(HookKind::AfterRollback, || hook(&ending, &self.database));
        }
    }
}

impl Drop for Running {
    #[inline]
    fn drop(&mut self) {
        if let Some(state) = &mut self.0 {
            state.end();
        }
    }
}
