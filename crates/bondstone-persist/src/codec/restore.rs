//! Stored rows as a model sees them.
//!
//! A [`Mapping`] says for each column of a model where its values are: in which stored column, of what shape, or nowhere. With it
//! a row of a frame ([`FrameRow`]) and the rows of a segment ([`SegmentRows`]) answer what the model asks for.

use bondstone_schema::{Malformed, Shape, Source, StoredColumn, StoredRow};

use super::block::{Damage, Loaded};
use super::column::ColumnSource;
use super::row::{self, RowSource};
use super::transcode::{self, Transcode};

/// Where the values of a model's column are.
#[derive(Clone, Debug)]
pub enum From {
    /// Nowhere: the column was added.
    Nowhere,
    /// In this stored column.
    Column {
        /// Its number among the stored ones.
        stored: usize,
        /// Of the type that the column had before: `#[converted_from]`.
        old: bool,
        /// How its shape becomes that of the type, where they differ.
        transcode: Option<Transcode>,
    },
}

/// Where the values of a model's columns are.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// The shapes of the stored columns.
    stored: Vec<Shape>,
    /// For each column of the model.
    columns: Vec<From>,
    /// Every column of the model is the stored one at its place, as it is.
    same: bool,
}

impl Mapping {
    /// Of a model's `columns` from the `stored` ones.
    #[must_use]
    pub fn new(stored: Vec<Shape>, columns: Vec<From>) -> Self {
        let at_its_place = |(place, from): (usize, &From)| matches!(from, From::Column { stored, old: false, transcode: None } if *stored == place);
        let same = stored.len() == columns.len() && columns.iter().enumerate().all(at_its_place);
        Self { stored, columns, same }
    }

    /// Of a model whose columns have these shapes, and had them when they were stored.
    #[must_use]
    pub fn same(stored: Vec<Shape>) -> Self {
        let column = |stored| From::Column { stored, old: false, transcode: None };
        let columns = (0..stored.len()).map(column).collect();
        Self::new(stored, columns)
    }

    /// The shapes of the stored columns.
    #[must_use]
    pub fn stored(&self) -> &[Shape] {
        &self.stored
    }
}

/// A value that was converted, in the layout of rows.
type Converted = RowSource<Vec<u8>>;

fn convert(transcode: &Transcode, source: &mut dyn Source) -> Result<Converted, Malformed> {
    let (mut bytes, mut result) = (Vec::new(), Ok(()));
    let written = row::write(&mut bytes, |sink| result = transcode.value(source, sink));
    result?;
    written.map_err(|fault| Malformed::new(fault.to_string()))?;
    Ok(RowSource::new(bytes))
}

/// One row in the layout of rows: its stored columns one behind the other.
#[derive(Debug)]
pub struct FrameRow<'a> {
    mapping: &'a Mapping,
    bytes: &'a [u8],
    source: RowSource<&'a [u8]>,
    /// Where each stored column begins, if they are not read in order.
    starts: Vec<usize>,
    converted: Option<Converted>,
}

impl<'a> FrameRow<'a> {
    /// The row that `bytes` begin with. O(1); O(its size) where the columns are not those of the model.
    ///
    /// # Errors
    /// It is malformed.
    pub fn new(mapping: &'a Mapping, bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut starts = Vec::new();
        if !mapping.same {
            let mut source = RowSource::new(bytes);
            for shape in &mapping.stored {
                starts.push(source.position());
                transcode::skip(shape, &mut source)?;
            }
            starts.push(source.position());
        }
        Ok(Self { mapping, bytes, source: RowSource::new(bytes), starts, converted: None })
    }

    /// How many bytes the row has, after all of it was read.
    #[must_use]
    pub fn length(&self) -> usize {
        self.starts.last().copied().unwrap_or(self.source.position())
    }
}

impl StoredRow for FrameRow<'_> {
    fn column(&mut self, column: u16) -> Result<StoredColumn<'_>, Malformed> {
        if self.mapping.same {
            return Ok(StoredColumn::Value(&mut self.source));
        }
        let Some(From::Column { stored, old, transcode }) =
            self.mapping.columns.get(usize::from(column))
        else {
            return Ok(StoredColumn::Missing);
        };
        let start = self.starts.get(*stored).copied().unwrap_or(self.bytes.len());
        self.source = RowSource::new(self.bytes.get(start..).unwrap_or_default());
        let source: &mut dyn Source = match transcode {
            Some(transcode) => self.converted.insert(convert(transcode, &mut self.source)?),
            None => &mut self.source,
        };
        Ok(if *old { StoredColumn::Old(source) } else { StoredColumn::Value(source) })
    }
}

/// The rows of a segment, one after the other.
#[derive(Debug)]
pub struct SegmentRows<'a> {
    mapping: &'a Mapping,
    /// For each stored column that the model reads.
    sources: Vec<Option<ColumnSource<'a>>>,
    converted: Option<Converted>,
    left: u32,
}

impl<'a> SegmentRows<'a> {
    /// The rows of a segment, of which `columns` are those that the model [reads](Mapping::reads), by their stored numbers.
    ///
    /// # Errors
    /// A column is damaged.
    pub fn new(
        mapping: &'a Mapping,
        columns: &'a [Option<Loaded>],
        rows: u32,
    ) -> Result<Self, Damage> {
        let mut sources = Vec::with_capacity(columns.len());
        for (column, shape) in columns.iter().zip(&mapping.stored) {
            sources.push(column.as_ref().map(|column| column.values(shape)).transpose()?);
        }
        Ok(Self { mapping, sources, converted: None, left: rows })
    }

    /// Lets the next row come; false when there is none.
    pub fn advance(&mut self) -> bool {
        let some = self.left > 0;
        self.left = self.left.saturating_sub(1);
        some
    }

    /// The row that came, as it was stored, in the layout of rows. Only where all stored columns are read. O(its size).
    ///
    /// # Errors
    /// It is malformed.
    pub fn copy(&mut self) -> Result<Vec<u8>, Malformed> {
        let (mut bytes, mut result) = (Vec::new(), Ok(()));
        let written = row::write(&mut bytes, |sink| {
            result = self.sources.iter_mut().zip(&self.mapping.stored).try_for_each(
                |(source, shape)| {
                    let unread = || Malformed::new("the stored column is not loaded");
                    let source = source.as_mut().ok_or_else(unread)?;
                    source.begin();
                    transcode::copy(shape, source, sink)
                },
            );
        });
        result?;
        written.map_err(|fault| Malformed::new(fault.to_string()))?;
        Ok(bytes)
    }

    /// Says whether everything was read.
    ///
    /// # Errors
    /// A column goes on.
    pub fn finish(&self) -> Result<(), Malformed> {
        self.sources.iter().flatten().try_for_each(ColumnSource::finish)
    }
}

impl Mapping {
    /// Are these columns of the model the `stored` ones, in this order, as they are?
    #[must_use]
    pub fn keeps(&self, columns: &[u16], stored: &[usize]) -> bool {
        columns.len() == stored.len()
            && columns.iter().zip(stored).all(|(column, place)| {
                matches!(
                    self.columns.get(usize::from(*column)),
                    Some(From::Column { stored, old: false, transcode: None }) if stored == place
                )
            })
    }

    /// Does a function of the model convert any of its columns?
    #[must_use]
    pub fn converts(&self) -> bool {
        self.columns.iter().any(|from| matches!(from, From::Column { old: true, .. }))
    }

    /// Does the model read this stored column? Others need not be loaded.
    #[must_use]
    pub fn reads(&self, stored: usize) -> bool {
        let is_it =
            |from: &From| matches!(from, From::Column { stored: one, .. } if *one == stored);
        self.columns.iter().any(is_it)
    }
}

impl StoredRow for SegmentRows<'_> {
    fn column(&mut self, column: u16) -> Result<StoredColumn<'_>, Malformed> {
        let Some(From::Column { stored, old, transcode }) =
            self.mapping.columns.get(usize::from(column))
        else {
            return Ok(StoredColumn::Missing);
        };
        let Some(Some(source)) = self.sources.get_mut(*stored) else {
            return Err(Malformed::new("the stored column is not loaded"));
        };
        source.begin();
        let source: &mut dyn Source = match transcode {
            Some(transcode) => self.converted.insert(convert(transcode, source)?),
            None => source,
        };
        Ok(if *old { StoredColumn::Old(source) } else { StoredColumn::Value(source) })
    }
}
