//! Schemas by chance: up to five tables with keys of every kind, unique keys, checks, and foreign keys with every action, to
//! themselves, to each other and in circles. Each is written as models and as DDL that mean the same.

use std::fmt::Write;

use crate::dice::Dice;

/// The source of so many schemas.
pub fn schemas(seed: u64, count: u64) -> String {
    let mut source = String::new();
    for nth in 0..count {
        let mut dice = Dice(seed.wrapping_mul(1_000_003).wrapping_add(nth));
        module(&mut source, nth, &Schema::draw(&mut dice));
    }
    let all: Vec<String> = (0..count).map(|nth| format!("schema_{nth}::schema()")).collect();
    writeln!(source, "/// All of them.\npub fn all() -> Vec<crate::both::Schema> {{")
        .expect("a text takes everything");
    writeln!(source, "    vec![{}]\n}}", all.join(", ")).expect("a text takes everything");
    source
}

struct Schema {
    tables: Vec<Table>,
}

struct Table {
    key: Key,
    fields: Vec<Field>,
    /// Two fields that are unique together.
    unique: Option<(usize, usize)>,
    check: Option<Check>,
}

/// A primary key. One with a parent has one of an earlier table, or it would have no end.
enum Key {
    Auto,
    Number,
    Text,
    /// That of the parent, too.
    Shared(Parent),
    /// Of two parts: a parent and a number, or two parents.
    Pair(Parent, Option<Parent>),
}

struct Field {
    kind: Kind,
    nullable: bool,
    unique: bool,
    index: bool,
}

enum Kind {
    Number,
    Text,
    Parent(Parent),
}

/// A foreign key.
struct Parent {
    table: usize,
    on_delete: Action,
    on_update: Action,
}

#[derive(Clone, Copy, PartialEq)]
enum Action {
    Restrict,
    Cascade,
    SetNull,
    SetDefault,
}

enum Check {
    NotNegative(usize),
    Ordered(usize, usize),
    /// A key that is not null, or a small number.
    Settled(usize, usize),
}

impl Schema {
    fn draw(dice: &mut Dice) -> Self {
        let count = 2 + dice.roll(4) as usize;
        let mut schema = Self { tables: Vec::new() };
        for nth in 0..count {
            let key = Key::draw(dice, nth);
            schema.tables.push(Table { key, fields: Vec::new(), unique: None, check: None });
        }
        for nth in 0..count {
            let fields: Vec<Field> =
                (0..2 + dice.roll(4)).map(|_| schema.field(dice, count)).collect();
            let table = &mut schema.tables[nth];
            table.check = Check::draw(dice, &fields);
            table.unique = (fields.len() > 2 && dice.roll(3) == 0).then(|| (0, fields.len() - 1));
            table.fields = fields;
        }
        // Two columns cannot be one field of a unique key here.
        for nth in 0..count {
            let is_wide = |field: usize| schema.width(&schema.tables[nth].fields[field]) > 1;
            if schema.tables[nth].unique.is_some_and(|(a, b)| is_wide(a) || is_wide(b)) {
                schema.tables[nth].unique = None;
            }
        }
        schema
    }

    fn field(&self, dice: &mut Dice, tables: usize) -> Field {
        let kind = match dice.roll(5) {
            0 => Kind::Text,
            1 | 2 => Kind::Number,
            _ => Kind::Parent(Parent {
                table: dice.roll(tables as u64) as usize,
                on_delete: Action::draw(dice),
                on_update: Action::draw(dice),
            }),
        };
        let mut field =
            Field { kind, nullable: dice.roll(2) == 0, unique: dice.roll(4) == 0, index: false };
        let is_wide = self.width(&field) > 1;
        if let Kind::Parent(parent) = &mut field.kind {
            // Half a composite key that is null, and a default of two columns, are left out.
            field.nullable &= !is_wide;
            parent.on_delete = parent.on_delete.fit(field.nullable, is_wide);
            parent.on_update = parent.on_update.fit(field.nullable, is_wide);
        } else {
            field.index = !field.unique && dice.roll(4) == 0;
        }
        field
    }

    /// How many columns of SQLite's a field is.
    fn width(&self, field: &Field) -> usize {
        match &field.kind {
            Kind::Parent(parent) => self.key_types(parent.table).len(),
            _ => 1,
        }
    }

    /// The types of a key's columns.
    fn key_types(&self, table: usize) -> Vec<&'static str> {
        match &self.tables[table].key {
            Key::Auto | Key::Number => vec!["INTEGER"],
            Key::Text => vec!["TEXT"],
            Key::Shared(parent) => self.key_types(parent.table),
            Key::Pair(one, other) => {
                let other = other.as_ref().map(|other| self.key_types(other.table));
                [self.key_types(one.table), other.unwrap_or(vec!["INTEGER"])].concat()
            }
        }
    }

    /// What a foreign key becomes that is set to its default: as Rust, and as SQL.
    fn default_of(&self, table: usize) -> (String, &'static str) {
        match &self.tables[table].key {
            Key::Auto => ("Id::from_u64(1).expect(\"keys begin at 1\")".into(), "1"),
            Key::Number => ("Id::new(1_i64)".into(), "1"),
            Key::Text => ("Id::new(\"n1\")".into(), "'n1'"),
            Key::Shared(parent) => {
                let (rust, sql) = self.default_of(parent.table);
                (format!("Id::new({rust})"), sql)
            }
            Key::Pair(..) => unreachable!("no default has two columns"),
        }
    }
}

impl Key {
    fn draw(dice: &mut Dice, earlier: usize) -> Self {
        match dice.roll(if earlier == 0 { 3 } else { 6 }) {
            0 => Self::Auto,
            1 => Self::Number,
            2 => Self::Text,
            3 => Self::Shared(Parent::of_key(dice, earlier)),
            _ => {
                let one = Parent::of_key(dice, earlier);
                Self::Pair(one, (dice.roll(2) == 0).then(|| Parent::of_key(dice, earlier)))
            }
        }
    }
}

impl Parent {
    /// A key cannot be null, nor has it a default.
    fn of_key(dice: &mut Dice, earlier: usize) -> Self {
        Self {
            table: dice.roll(earlier as u64) as usize,
            on_delete: Action::draw(dice).fit(false, true),
            on_update: Action::draw(dice).fit(false, true),
        }
    }
}

impl Action {
    fn draw(dice: &mut Dice) -> Self {
        [Self::Restrict, Self::Cascade, Self::Cascade, Self::SetNull, Self::SetDefault]
            [dice.roll(5) as usize]
    }

    /// This action, or one that the foreign key can take.
    fn fit(self, nullable: bool, is_wide: bool) -> Self {
        match self {
            Self::SetNull if !nullable => Self::Cascade,
            Self::SetDefault if is_wide => Self::Restrict,
            fits => fits,
        }
    }

    fn rust(self) -> &'static str {
        match self {
            Self::Restrict => "restrict",
            Self::Cascade => "cascade",
            Self::SetNull => "set_null",
            Self::SetDefault => "set_default",
        }
    }

    fn sql(self) -> &'static str {
        match self {
            Self::Restrict => "NO ACTION",
            Self::Cascade => "CASCADE",
            Self::SetNull => "SET NULL",
            Self::SetDefault => "SET DEFAULT",
        }
    }
}

impl Check {
    fn draw(dice: &mut Dice, fields: &[Field]) -> Option<Self> {
        let is_number = |field: &Field| matches!(field.kind, Kind::Number) && !field.nullable;
        let is_key = |field: &Field| matches!(field.kind, Kind::Parent(_)) && field.nullable;
        let number = fields.iter().position(is_number)?;
        let other = fields.iter().rposition(is_number)?;
        let key = fields.iter().position(is_key);
        match (dice.roll(3), key) {
            (0, Some(key)) => Some(Self::Settled(key, number)),
            (1, _) if other != number => Some(Self::Ordered(number, other)),
            _ => Some(Self::NotNegative(number)),
        }
    }

    fn rust(&self) -> String {
        match self {
            Self::NotNegative(field) => format!("self.f{field} >= 0"),
            Self::Ordered(low, high) => format!("self.f{low} <= self.f{high} + 3"),
            Self::Settled(key, number) => format!("self.f{key}.is_some() || self.f{number} < 6"),
        }
    }

    fn sql(&self) -> String {
        match self {
            Self::NotNegative(field) => format!("f{field} >= 0"),
            Self::Ordered(low, high) => format!("f{low} <= f{high} + 3"),
            Self::Settled(key, number) => format!("f{key} IS NOT NULL OR f{number} < 6"),
        }
    }
}

/// A table being written: as a model, as its columns, and as DDL.
#[derive(Default)]
struct Writing {
    attributes: String,
    members: String,
    fields: Vec<String>,
    columns: Vec<String>,
    definitions: Vec<String>,
    /// They come after all columns.
    constraints: Vec<String>,
}

impl Writing {
    /// A field and its columns.
    fn member(&mut self, name: &str, attributes: &str, rust: &str, types: &[&str], rest: &str) {
        let columns: Vec<String> = match types {
            [_] => vec![name.to_owned()],
            _ => (0..types.len()).map(|part| format!("{name}_{part}")).collect(),
        };
        for (column, ty) in columns.iter().zip(types) {
            self.definitions.push(format!("{column} {ty} {rest}"));
        }
        writeln!(self.members, "        {attributes} pub {name}: {rust},")
            .expect("a text takes everything");
        self.fields.push(name.to_owned());
        self.columns.extend(columns);
    }

    /// The foreign key that the last columns are.
    fn foreign_key(&mut self, parent: &Parent, columns: usize) {
        let columns = self.columns[self.columns.len() - columns..].join(", ");
        self.constraints.push(format!(
            "FOREIGN KEY ({columns}) REFERENCES t{} ON DELETE {} ON UPDATE {}",
            parent.table,
            parent.on_delete.sql(),
            parent.on_update.sql(),
        ));
    }
}

fn actions(parent: &Parent) -> String {
    let Parent { on_delete, on_update, .. } = parent;
    format!("#[on_delete({})] #[on_update({})]", on_delete.rust(), on_update.rust())
}

fn module(source: &mut String, nth: u64, schema: &Schema) {
    let (mut models, mut mirrored, mut ddl) = (String::new(), String::new(), String::new());
    for place in 0..schema.tables.len() {
        let (model, mirror, table) = write_table(schema, place);
        models.push_str(&model);
        mirrored.push_str(&mirror);
        ddl.push_str(&table);
    }
    let names: Vec<String> = (0..schema.tables.len()).map(|table| format!("T{table}")).collect();
    let tables: Vec<String> = names.iter().map(|name| format!("table::<{name}>()")).collect();
    let (names, tables) = (names.join(", "), tables.join(", "));
    writeln!(
        source,
        "mod schema_{nth} {{
    use bondstone::prelude::*;

    use crate::mirror::table;

{models}
    mirrored! {{
{mirrored}    }}

    pub fn schema() -> crate::both::Schema {{
        crate::both::Schema {{
            name: \"schema {nth}\",
            models: |builder| builder.models::<({names})>(),
            ddl: \"\n{ddl}\",
            tables: vec![{tables}],
        }}
    }}
}}
"
    )
    .expect("a text takes everything");
}

/// A table as a model, as a mirror of it, and as DDL.
fn write_table(schema: &Schema, place: usize) -> (String, String, String) {
    let table = &schema.tables[place];
    let mut writing = Writing::default();
    write_key(schema, place, &mut writing);
    let key = writing.columns.len();
    for (nth, field) in table.fields.iter().enumerate() {
        write_field(schema, nth, field, &mut writing);
    }
    if let Some((a, b)) = table.unique {
        writeln!(writing.attributes, "    #[unique(both_t{place}: f{a}, f{b})]")
            .expect("a text takes everything");
        writing.constraints.push(format!("UNIQUE (f{a}, f{b})"));
    }
    if let Some(check) = &table.check {
        writeln!(writing.attributes, "    #[check(right_t{place}: {})]", check.rust())
            .expect("a text takes everything");
        writing.constraints.push(format!("CHECK ({})", check.sql()));
    }
    let Writing { attributes, members, fields, columns, definitions, constraints } = writing;
    let model = format!(
        "    #[derive(Clone, Debug, PartialEq, Model)]\n    #[table(\"t{place}\")]\n{attributes}    pub struct T{place} {{\n{members}    }}\n\n"
    );
    let quoted: Vec<String> = columns.iter().map(|column| format!("\"{column}\"")).collect();
    let mirror = format!(
        "        T{place} in \"t{place}\" ({}) key {key} {{ {} }}\n",
        quoted.join(", "),
        fields.join(", ")
    );
    let lines = [definitions, constraints].concat().join(",\n    ");
    let ddl = format!("CREATE TABLE t{place} (\n    {lines}\n) STRICT;\n");
    (model, mirror, ddl)
}

fn write_key(schema: &Schema, place: usize, writing: &mut Writing) {
    let parent = |writing: &mut Writing, name: &str, parent: &Parent| {
        let types = schema.key_types(parent.table);
        let attributes = format!("#[key] {}", actions(parent));
        let rust = format!("Id<T{}>", parent.table);
        writing.member(name, &attributes, &rust, &types, "NOT NULL");
        writing.foreign_key(parent, types.len());
    };
    match &schema.tables[place].key {
        Key::Auto => {
            let rust = format!("Id<T{place}>");
            return writing.member("id", "#[key]", &rust, &["INTEGER"], "PRIMARY KEY");
        }
        Key::Number => return writing.member("id", "#[key]", "i64", &["INTEGER"], "PRIMARY KEY"),
        Key::Text => {
            let rest = "NOT NULL PRIMARY KEY CHECK (length(id) <= 4)";
            return writing.member("id", "#[key] #[max_len(4)]", "String", &["TEXT"], rest);
        }
        Key::Shared(one) => parent(writing, "id", one),
        Key::Pair(one, other) => {
            parent(writing, "one", one);
            match other {
                Some(other) => parent(writing, "other", other),
                None => writing.member("other", "#[key]", "i64", &["INTEGER"], "NOT NULL"),
            }
        }
    }
    writing.constraints.push(format!("PRIMARY KEY ({})", writing.columns.join(", ")));
}

fn write_field(schema: &Schema, nth: usize, field: &Field, writing: &mut Writing) {
    let name = format!("f{nth}");
    let mut attributes = String::new();
    let mut rest = if field.nullable { String::new() } else { "NOT NULL".to_owned() };
    if field.unique {
        attributes.push_str("#[unique] ");
    }
    if field.index {
        attributes.push_str("#[index] ");
    }
    let (rust, types) = match &field.kind {
        Kind::Number => ("i64".to_owned(), vec!["INTEGER"]),
        Kind::Text => {
            attributes.push_str("#[max_len(4)] ");
            write!(rest, " CHECK (length({name}) <= 4)").expect("a text takes everything");
            ("String".to_owned(), vec!["TEXT"])
        }
        Kind::Parent(parent) => {
            attributes.push_str(&actions(parent));
            if [parent.on_delete, parent.on_update].contains(&Action::SetDefault) {
                let (rust, sql) = schema.default_of(parent.table);
                let rust = if field.nullable { format!("Some({rust})") } else { rust };
                write!(attributes, " #[default({rust})]").expect("a text takes everything");
                write!(rest, " DEFAULT {sql}").expect("a text takes everything");
            }
            (format!("Id<T{}>", parent.table), schema.key_types(parent.table))
        }
    };
    let rust = if field.nullable { format!("Option<{rust}>") } else { rust };
    writing.member(&name, &attributes, &rust, &types, &rest);
    if field.unique {
        let columns = writing.columns[writing.columns.len() - types.len()..].join(", ");
        writing.constraints.push(format!("UNIQUE ({columns})"));
    }
    if let Kind::Parent(parent) = &field.kind {
        writing.foreign_key(parent, types.len());
    }
}
