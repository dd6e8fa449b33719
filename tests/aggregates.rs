//! What many rows have together: aggregates, groups, selected values, each beside a loop that says the same.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use bondstone::aggregate::Overflow;
use bondstone::prelude::*;
use bondstone_tests::dice::Dice;

#[derive(Clone, Debug, PartialEq, Model)]
#[table("towns")]
#[has_many(people: Person)]
struct Town {
    #[key]
    id: Id<Town>,
    name: String,
    mayor: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Model)]
#[table("people")]
#[has_many(helpers: Person)]
struct Person {
    #[key]
    id: Id<Person>,
    town: Option<Id<Town>>,
    boss: Option<Id<Person>>,
    nick: Option<String>,
    age: u8,
    score: Option<i64>,
    fee: Decimal,
    height: Option<f64>,
}

impl Person {
    #[hybrid]
    fn decade(&self) -> u8 {
        self.age / 10
    }

    #[hybrid]
    fn initial(&self) -> Option<char> {
        self.nick.as_ref().and_then(|nick| nick.chars().next())
    }

    #[hybrid]
    fn help(&self, db: &View) -> usize {
        self.helpers(db).count()
    }
}

type Result<T = (), E = Error> = std::result::Result<T, E>;

fn empty() -> Result<Database> {
    Database::builder().models::<Person>().in_memory()
}

fn some<T>(dice: &mut Dice, value: impl Fn(&mut Dice) -> T) -> Option<T> {
    (dice.roll(3) > 0).then(|| value(dice))
}

/// A few towns and some people, with nulls, duplicates and gaps where rows were deleted.
fn peopled(seed: u64, people: u64) -> Result<Database> {
    let (db, mut dice) = (empty()?, Dice(seed));
    let dice = &mut dice;
    db.write(|tx| {
        let mut towns = Vec::new();
        for name in ["Ulm", "Aachen", "Ulm", "Berlin"] {
            let mayor = some(dice, |dice| format!("Mayor {}", dice.roll(2)));
            towns.push(tx.insert(NewTown { name: name.into(), mayor })?);
        }
        let mut bosses = Vec::new();
        for _ in 0..people {
            let boss = some(dice, |dice| bosses.get(dice.roll(9) as usize).copied()).flatten();
            let person = NewPerson {
                town: some(dice, |dice| towns[dice.roll(4) as usize]),
                boss,
                nick: some(dice, |dice| {
                    ["Bo", "Al", "bo", "Bea", ""][dice.roll(5) as usize].into()
                }),
                age: dice.roll(70) as u8,
                score: some(dice, |dice| dice.roll(9) as i64 - 4),
                fee: Decimal::new(dice.roll(400) as i64 - 100, dice.roll(3) as u32),
                height: some(dice, |dice| [1.5, f64::NAN, -0.5, 2.25][dice.roll(4) as usize]),
            };
            bosses.push(tx.insert(person)?);
        }
        for _ in 0..people / 8 {
            let _ = tx.delete(bosses[dice.roll(people) as usize]);
        }
        Ok(())
    })?;
    Ok(db)
}

/// Many small databases, an empty one and a larger one.
fn worlds() -> impl Iterator<Item = Database> {
    let sizes = [0, 1, 2, 3, 5, 8, 13, 40, 63, 64, 65, 300, 2_000];
    sizes.into_iter().enumerate().map(|(seed, size)| peopled(seed as u64, size).unwrap())
}

fn least<T: PartialOrd>(values: impl Iterator<Item = T>) -> Option<T> {
    values.reduce(|least, value| if value < least { value } else { least })
}

fn greatest<T: PartialOrd>(values: impl Iterator<Item = T>) -> Option<T> {
    values.reduce(|greatest, value| if value > greatest { value } else { greatest })
}

#[test]
fn aggregates_say_what_a_loop_says() {
    for db in worlds() {
        let snap = db.read();
        let people: Vec<&Person> = snap.iter().collect();
        let scores = || people.iter().filter_map(|person| person.score.as_ref());
        let heights = || people.iter().filter_map(|p| p.height.as_ref()).filter(|h| !h.is_nan());
        let whole: i128 = scores().map(|score| i128::from(*score)).sum();
        let found = snap.query().aggregate((
            count(),
            Person::SCORE.count(),
            Person::SCORE.sum(),
            Person::SCORE.min(),
            Person::SCORE.max(),
            Person::SCORE.avg(),
            Person::SCORE.count_distinct(),
            Person::AGE.sum(),
        ));
        let mean = (scores().count() > 0).then(|| whole as f64 / scores().count() as f64);
        let different = scores().collect::<BTreeSet<_>>().len();
        let ages: u64 = people.iter().map(|person| u64::from(person.age)).sum();
        let (all, known) = (people.len(), scores().count());
        let expected = (all, known, whole, scores().min(), scores().max(), mean, different, ages);
        assert_eq!(found, expected);

        let found = snap.query().aggregate((
            Person::HEIGHT.min(),
            Person::HEIGHT.max(),
            Person::NICK.min(),
            Person::INITIAL.max(),
            Person::TOWN.to(Town::MAYOR).min(),
            Person::TOWN.count_distinct(),
            Person::HELP.sum(),
            (Person::SCORE + 1).sum(),
        ));
        let town = |person: &&&Person| person.town.map(|town| &snap[town]);
        let expected = (
            least(heights()),
            greatest(heights()),
            people.iter().filter_map(|person| person.nick.as_ref()).min(),
            people.iter().filter_map(|person| person.initial()).max(),
            people.iter().filter_map(|person| town(&person)?.mayor.as_ref()).min(),
            people.iter().filter_map(|person| person.town).collect::<BTreeSet<_>>().len(),
            people.iter().map(|person| person.help(&snap) as u128).sum(),
            whole + known as i128,
        );
        assert_eq!(found, expected);

        let fees: Decimal = people.iter().map(|person| person.fee).sum();
        assert_eq!(snap.query().sum(Person::FEE), Ok(fees));
        let mean = (all > 0).then(|| fees / Decimal::from(all));
        assert_eq!(snap.query().avg(Person::FEE), mean);
        assert_eq!(snap.query().min(Person::FEE), people.iter().map(|p| p.fee).min());
        assert_eq!(snap.query().max(Person::AGE), people.iter().map(|p| p.age).max());
    }
}

#[test]
fn conditions_in_aggregates_choose_rows() {
    for db in worlds() {
        let snap = db.read();
        let old = || Person::AGE.ge(30);
        let bossless = || !Person::BOSS.is_some();
        let found = snap.query().filter(Person::SCORE.is_some()).aggregate((
            count(),
            count_if(old()),
            sum_if(Person::SCORE, old() & bossless()),
            Person::FEE.max().filter(bossless()),
            count_if(Person::TOWN.is(Town::NAME.eq("Ulm"))),
            (Person::AGE.min(), count()).filter(old()).filter(bossless()),
        ));
        let people = || snap.iter::<Person>().filter(|person| person.score.is_some());
        let both = || people().filter(|p| p.age >= 30 && p.boss.is_none());
        let in_ulm = |p: &&Person| p.town.is_some_and(|town| snap[town].name == "Ulm");
        let expected = (
            people().count(),
            people().filter(|p| p.age >= 30).count(),
            both().map(|p| i128::from(p.score.unwrap())).sum(),
            people().filter(|p| p.boss.is_none()).map(|p| &p.fee).max(),
            people().filter(in_ulm).count(),
            (both().map(|p| &p.age).min(), both().count()),
        );
        assert_eq!(found, expected);
    }
}

#[test]
fn aggregates_mind_the_limits_of_the_query() {
    let db = peopled(1, 100).unwrap();
    let snap = db.read();
    let mut ages: Vec<u8> = snap.iter::<Person>().map(|person| person.age).collect();
    ages.sort();
    let youngest = || snap.query().order_by(Person::AGE.asc()).offset(2).limit(5);
    assert_eq!(youngest().min(Person::AGE), Some(ages[2]));
    assert_eq!(youngest().max(Person::AGE), Some(ages[6]));
    assert_eq!(youngest().aggregate(count()), 5);
    assert_eq!(youngest().group_by(Person::ID).count(), 5);
    let unlimited = snap.query().order_by(Person::AGE.desc());
    assert_eq!(unlimited.sum(Person::AGE), ages.iter().map(|age| u64::from(*age)).sum::<u64>());
}

#[test]
fn an_aggregate_reads_the_view_it_is_asked_of() -> Result {
    let db = peopled(7, 50)?;
    let before = db.read();
    let sum = before.query().sum(Person::AGE);
    db.write(|tx| {
        let first = tx.query::<Person>().first().unwrap().id;
        let old = tx[first].age;
        tx.update(first, |person| person.age = 100)?;
        tx.insert(NewPerson { age: 7, ..somebody() })?;
        assert_eq!(tx.query().sum(Person::AGE), sum + 107 - u64::from(old));
        assert_eq!(before.query().sum(Person::AGE), sum);
        Ok(())
    })
}

fn somebody() -> NewPerson {
    NewPerson {
        town: None,
        boss: None,
        nick: None,
        age: 0,
        score: None,
        fee: Decimal::ZERO,
        height: None,
    }
}

#[test]
fn groups_say_what_a_map_says() {
    for db in worlds() {
        let snap = db.read();

        // A nullable foreign key; nulls are a group, the first.
        let mut towns = BTreeMap::new();
        for person in snap.iter::<Person>() {
            let group: &mut (usize, u64, Option<&u8>) = towns.entry(person.town).or_default();
            let oldest = group.2.max(Some(&person.age));
            *group = (group.0 + 1, group.1 + u64::from(person.age), oldest);
        }
        let found = snap.query().group_by(Person::TOWN).aggregate((
            count(),
            Person::AGE.sum(),
            Person::AGE.max(),
        ));
        let found: Vec<_> = found.into_iter().map(|(town, all)| (town.copied(), all)).collect();
        assert_eq!(found, towns.into_iter().collect::<Vec<_>>());

        // A path, by which towns of one name are one; a path through a null.
        let mut names: BTreeMap<(Option<&String>, Option<&String>), usize> = BTreeMap::new();
        for person in snap.iter::<Person>() {
            let town = person.town.map(|town| &snap[town]);
            let mayor = town.and_then(|town| town.mayor.as_ref());
            *names.entry((town.map(|town| &town.name), mayor)).or_default() += 1;
        }
        let key = (Person::TOWN.to(Town::NAME), Person::TOWN.to(Town::MAYOR));
        let found = snap.query().group_by(key).aggregate(count()).into_vec();
        assert_eq!(found, names.clone().into_iter().collect::<Vec<_>>());
        assert_eq!(snap.query().group_by(key).count(), names.len());
        assert_eq!(snap.query().group_by(key).keys(), names.into_keys().collect::<Vec<_>>());

        // What is computed: hybrids, a calculation, the size of a relation; six parts in one key.
        let mut all = BTreeMap::new();
        for person in snap.iter::<Person>() {
            let (help, size) = (person.help(&snap), person.helpers(&snap).count() as u64);
            let more = person.score.map(|score| score * 2);
            let key = (person.decade(), person.initial(), help, size, more, person.nick.as_ref());
            all.entry(key).or_insert_with(Vec::new).push(person.fee);
        }
        let key = (
            Person::DECADE,
            Person::INITIAL,
            Person::HELP,
            Person::HELPERS.size(),
            Person::SCORE * 2,
            Person::NICK,
        );
        let found = snap.query().group_by(key).aggregate(Person::FEE.sum()).into_vec();
        let sum = |fees: Vec<Decimal>| Ok(fees.into_iter().sum());
        let expected: Vec<_> = all.into_iter().map(|(key, fees)| (key, sum(fees))).collect();
        assert_eq!(found, expected);
    }
}

#[test]
fn a_parent_decides_the_group_only_if_all_of_the_key_depends_on_it() {
    for db in worlds() {
        let snap = db.read();
        let mut expected = [const { BTreeMap::new() }; 4];
        for person in snap.iter::<Person>() {
            let boss = person.boss.map(|boss| &snap[boss]);
            let town = boss.and_then(|boss| boss.town).map(|town| &snap[town].name);
            let nick = boss.and_then(|boss| boss.nick.as_ref());
            let (town_id, boss_id) = (format!("{:?}", person.town), format!("{:?}", person.boss));
            let keys = [
                format!("{town_id} {boss_id}"),
                format!("{town_id} {}", person.age),
                format!("{boss_id} {nick:?}"),
                format!("{town:?}"),
            ];
            for (expected, key) in expected.iter_mut().zip(keys) {
                *expected.entry(key).or_insert(0) += 1;
            }
        }
        let query = || snap.query::<Person>();
        let both = query().group_by((Person::TOWN, Person::BOSS)).aggregate(count());
        let aged = query().group_by((Person::TOWN, Person::AGE)).aggregate(count());
        let nick = (Person::BOSS, Person::BOSS.to(Person::NICK));
        let nick = query().group_by(nick).aggregate(count());
        let town = Person::BOSS.to(Person::TOWN).to(Town::NAME);
        let town = query().group_by(town).aggregate(count());
        let found: [BTreeMap<String, usize>; 4] = [
            both.iter()
                .map(|((town, boss), n)| (format!("{:?} {:?}", town.copied(), boss.copied()), *n))
                .collect(),
            aged.iter()
                .map(|((town, age), n)| (format!("{:?} {age}", town.copied()), *n))
                .collect(),
            nick.iter()
                .map(|((boss, nick), n)| (format!("{:?} {nick:?}", boss.copied()), *n))
                .collect(),
            town.iter().map(|(town, n)| (format!("{town:?}"), *n)).collect(),
        ];
        assert_eq!(found, expected);
    }
}

#[test]
fn parents_of_any_number_decide_groups() -> Result {
    let (db, mut dice) = (peopled(3, 40)?, Dice(3));
    let numbers = [7_u64, 900, 5_000, 70_000, 1 << 33, 1 << 47];
    let towns = numbers.map(|number| Id::<Town>::from_u64(number).expect("not 0"));
    db.write(|tx| {
        for (nth, id) in towns.into_iter().enumerate() {
            tx.insert(Town { id, name: format!("New {}", nth % 4), mayor: None })?;
        }
        for _ in 0..2_000 {
            let town = Some(towns[dice.roll(6) as usize]);
            tx.insert(NewPerson { town, ..somebody() })?;
        }
        Ok(())
    })?;
    let snap = db.read();
    let (mut by_id, mut by_name) = (BTreeMap::new(), BTreeMap::new());
    for person in snap.iter::<Person>() {
        *by_id.entry(person.town).or_insert(0) += 1;
        *by_name.entry(person.town.map(|town| &snap[town].name)).or_insert(0) += 1;
    }
    let found = snap.query().group_by(Person::TOWN).aggregate(count()).into_vec();
    let found: Vec<_> = found.into_iter().map(|(town, count)| (town.copied(), count)).collect();
    assert_eq!(found, by_id.into_iter().collect::<Vec<_>>());
    let found = snap.query().group_by(Person::TOWN.to(Town::NAME)).aggregate(count()).into_vec();
    assert_eq!(found, by_name.into_iter().collect::<Vec<_>>());
    Ok(())
}

#[test]
fn groups_are_found_in_whichever_order_the_rows_come() {
    let db = peopled(11, 500).unwrap();
    let snap = db.read();
    fn by_age<'v>(query: Query<'v, Person>) -> Vec<(&'v u8, (usize, i128))> {
        let groups = query.limit(1_000).group_by(Person::AGE);
        groups.aggregate((count(), Person::SCORE.sum())).into_vec()
    }
    let ascending = by_age(snap.query().order_by(Person::AGE.asc()));
    assert!(ascending.len() > 50 && ascending.is_sorted_by_key(|(age, _)| *age));
    assert_eq!(by_age(snap.query().order_by(Person::AGE.desc())), ascending);
    assert_eq!(by_age(snap.query().order_by(Person::NICK.asc())), ascending);
    // Back from the top again and again, each time a little higher.
    assert_eq!(
        by_age(snap.query().order_by((Person::DECADE.desc(), Person::AGE.asc()))),
        ascending
    );
}

#[test]
fn having_chooses_groups() {
    for db in worlds() {
        let snap = db.read();
        let mut bosses: BTreeMap<Option<Id<Person>>, Vec<&Person>> = BTreeMap::new();
        for person in snap.iter::<Person>() {
            bosses.entry(person.boss).or_default().push(person);
        }
        let sum = |team: &[&Person]| team.iter().filter_map(|p| p.score).sum::<i64>();
        let chosen = |met: &dyn Fn(&[&Person]) -> bool| -> Vec<Option<Id<Person>>> {
            bosses.iter().filter(|(_, team)| met(team)).map(|(boss, _)| *boss).collect()
        };
        let by_boss = || snap.query().group_by(Person::BOSS);
        let ids = |keys: Vec<Option<&Id<Person>>>| -> Vec<Option<Id<Person>>> {
            keys.into_iter().map(Option::<&_>::copied).collect()
        };

        let found = ids(by_boss().having(Person::SCORE.sum().gt(2)).keys());
        assert_eq!(found, chosen(&|team| sum(team) > 2));

        let condition = count().ge(2) & !Person::AGE.max().gt(50) | Person::SCORE.count().eq(0);
        let found = ids(by_boss().having(condition.clone()).keys());
        let oldest = |team: &[&Person]| team.iter().map(|p| p.age).max().unwrap();
        let none = |team: &[&Person]| team.iter().all(|p| p.score.is_none());
        assert_eq!(found, chosen(&|team| team.len() >= 2 && oldest(team) <= 50 || none(team)));
        assert_eq!(by_boss().having(condition.clone()).count(), found.len());
        let twice = by_boss().having(condition).having(count_if(Person::AGE.lt(18)).le(1));
        let young = |team: &[&Person]| team.iter().filter(|p| p.age < 18).count();
        let met = |team: &[&Person]| {
            (team.len() >= 2 && oldest(team) <= 50 || none(team)) && young(team) <= 1
        };
        assert_eq!(ids(twice.keys()), chosen(&met));

        // Nothing to find is null: equal to null only, and without a place in the order.
        let missing = chosen(&none);
        assert_eq!(ids(by_boss().having(Person::SCORE.max().is_none()).keys()), missing);
        assert_eq!(ids(by_boss().having(Person::SCORE.avg().eq(None)).keys()), missing);
        assert_eq!(by_boss().having(Person::SCORE.avg().le(None)).count(), 0);
        let known = chosen(&|team| !none(team));
        assert_eq!(ids(by_boss().having(Person::SCORE.min().is_some()).keys()), known);
        assert_eq!(ids(by_boss().having(Person::SCORE.min().ne(None)).keys()), known);
        let either = Person::SCORE.avg().lt(0.5) | Person::SCORE.avg().ge(0.5);
        assert_eq!(ids(by_boss().having(either).keys()), known);
        let towns = by_boss().having(Person::TOWN.to(Town::NAME).max().eq("Ulm"));
        let last =
            |team: &[&Person]| team.iter().filter_map(|p| Some(&snap[p.town?].name)).max().cloned();
        assert_eq!(ids(towns.keys()), chosen(&|team| last(team).as_deref() == Some("Ulm")));
        let fees = by_boss().having(Person::FEE.sum().lt(10) & Person::FEE.avg().gt(dec!(0.25)));
        let fee = |team: &[&Person]| team.iter().map(|p| p.fee).sum::<Decimal>();
        let mean = |team: &[&Person]| fee(team) / Decimal::from(team.len());
        let met = |team: &[&Person]| fee(team) < dec!(10) && mean(team) > dec!(0.25);
        assert_eq!(ids(fees.keys()), chosen(&met));
    }
}

#[test]
fn a_condition_is_an_aggregate() -> Result {
    let db = peopled(3, 60)?;
    let snap = db.read();
    let (many, all_old) = snap.query().aggregate((count().gt(20), !Person::AGE.min().lt(60)));
    assert!(many && !all_old);
    Ok(())
}

#[test]
fn groups_are_sorted_and_cut() {
    let db = peopled(5, 400).unwrap();
    let snap = db.read();
    let groups = || snap.query().group_by(Person::AGE).aggregate((count(), Person::HEIGHT.avg()));
    let all = groups().into_vec();

    let mut expected = all.clone();
    expected.sort_by_key(|(_, (count, _))| Reverse(*count));
    let same = |left: &[(&u8, (usize, Option<f64>))], right: &[(&u8, (usize, Option<f64>))]| {
        assert_eq!(format!("{left:?}"), format!("{right:?}"));
    };
    same(&groups().sort_by_key(|(_, (count, _))| Reverse(*count)), &expected);
    for top in [0, 1, 10, all.len() - 1, all.len(), 1_000] {
        let found = groups().top_by_key(top, |(_, (count, _))| Reverse(*count));
        same(&found, &expected[..top.min(all.len())]);
        same(&groups().limit(top), &all[..top.min(all.len())]);
    }
    let mean = |group: &(&u8, (usize, Option<f64>))| group.1.1.unwrap_or(f64::NEG_INFINITY);
    expected = all.clone();
    expected.sort_by(|left, right| mean(right).total_cmp(&mean(left)));
    same(&groups().sort_by(|left, right| mean(right).total_cmp(&mean(left))), &expected);
    let mut visited = 0;
    for (age, (count, _)) in &groups() {
        assert!(*count > 0 && **age < 70);
        visited += 1;
    }
    assert_eq!(visited, groups().len());
}

#[test]
fn values_are_selected() {
    for db in worlds() {
        let snap = db.read();
        let people: Vec<&Person> = snap.iter().collect();
        let nicks: Vec<Option<&String>> =
            people.iter().map(|person| person.nick.as_ref()).collect();
        let select = || snap.query().select(Person::NICK);
        assert_eq!(select().all(), nicks);
        assert_eq!((select().count(), select().first()), (nicks.len(), nicks.first().copied()));

        let mut once = Vec::new();
        for nick in &nicks {
            if !once.contains(nick) {
                once.push(*nick);
            }
        }
        assert_eq!(select().distinct().all(), once);
        assert_eq!(select().distinct().count(), once.len());
        assert_eq!(select().distinct().first(), once.first().copied());
        assert!(select().distinct().into_iter().take(2).eq(once.iter().copied().take(2)));

        let several = (Person::ID, Person::AGE, Person::TOWN.to(Town::NAME), Person::DECADE);
        let expected = people.iter().map(|person| {
            let town = person.town.map(|town| &snap[town].name);
            (&person.id, &person.age, town, person.decade())
        });
        assert!(snap.query().select(several).into_iter().eq(expected));
        let old = snap.query().filter(Person::AGE.gt(50)).order_by(Person::AGE.desc());
        let ages = old.limit(3).select(Person::AGE).all();
        let mut expected: Vec<&u8> =
            people.iter().map(|p| &p.age).filter(|age| **age > 50).collect();
        expected.sort_by_key(|age| Reverse(**age));
        expected.truncate(3);
        assert_eq!(ages, expected);
        // What has no order and no equality can be selected all the same.
        assert_eq!(snap.query().select((Person::HEIGHT, Person::FEE)).count(), people.len());
    }
}

#[test]
fn one_query_is_a_parameter_of_another() {
    for db in worlds() {
        let snap = db.read();
        let people: Vec<&Person> = snap.iter().collect();
        let ids = |met: &dyn Fn(&Person) -> bool| -> Vec<Id<Person>> {
            people.iter().filter(|person| met(person)).map(|person| person.id).collect()
        };
        let found = |condition: bondstone::Pred<Person>| snap.query().filter(condition).ids();

        let average = snap.query().avg(Person::AGE);
        let mean = people.iter().map(|p| f64::from(p.age)).sum::<f64>() / people.len() as f64;
        assert_eq!(found(Person::AGE.cast::<f64>().gt(average)), ids(&|p| f64::from(p.age) > mean));
        assert_eq!(found(Person::HEIGHT.gt(2)), ids(&|p| p.height.is_some_and(|h| h > 2.0)));
        let best = snap.query().max(Person::SCORE);
        let greatest = people.iter().map(|p| p.score).max().flatten();
        assert_eq!(found(Person::SCORE.eq(best)), ids(&|p| p.score == greatest));
        let mean = snap.query().avg(Person::FEE);
        assert_eq!(found(Person::FEE.le(mean)), ids(&|p| mean.is_some_and(|mean| p.fee <= mean)));

        let bosses = snap.query().filter(Person::AGE.lt(30)).select(Person::BOSS);
        let young = || people.iter().filter(|p| p.age < 30);
        let met = |p: &Person| young().any(|other| other.boss == Some(p.id));
        assert_eq!(found(Person::ID.in_(bosses.clone())), ids(&met));
        assert_eq!(found(Person::ID.in_(bosses.distinct())), ids(&met));
        let crowded = snap.query().group_by(Person::TOWN).having(count().gt(3)).keys();
        let crowd = |p: &Person| people.iter().filter(|other| other.town == p.town).count() > 3;
        assert_eq!(found(Person::TOWN.in_(crowded)), ids(&|p| p.town.is_some() && crowd(p)));
    }
}

#[derive(Clone, Debug, PartialEq, Model)]
#[table("extremes")]
struct Extreme {
    #[key]
    id: Id<Extreme>,
    bytes: u8,
    ints: i32,
    words: u64,
    signed: i64,
    wide: u128,
    wide_signed: i128,
    money: Decimal,
    float: f64,
}

fn extreme(values: impl IntoIterator<Item = NewExtreme>) -> Result<Database> {
    let db = Database::builder().models::<Extreme>().in_memory()?;
    db.write(|tx| values.into_iter().try_for_each(|value| tx.insert(value).map(drop)))?;
    Ok(db)
}

const MAX: NewExtreme = NewExtreme {
    bytes: u8::MAX,
    ints: i32::MAX,
    words: u64::MAX,
    signed: i64::MAX,
    wide: u128::MAX,
    wide_signed: i128::MAX,
    money: Decimal::MAX,
    float: f64::MAX,
};

const MIN: NewExtreme = NewExtreme {
    bytes: 0,
    ints: i32::MIN,
    words: 0,
    signed: i64::MIN,
    wide: 0,
    wide_signed: i128::MIN,
    money: Decimal::MIN,
    float: f64::MIN,
};

#[test]
fn sums_are_wider_than_their_values() -> Result {
    let db = extreme([MAX, MAX, MAX])?;
    let snap = db.read();
    let found = snap.query().aggregate((
        Extreme::BYTES.sum(),
        Extreme::INTS.sum(),
        Extreme::WORDS.sum(),
        Extreme::SIGNED.sum(),
    ));
    let signed = 3 * i128::from(i64::MAX);
    assert_eq!(found, (765, 3 * i64::from(i32::MAX), 3 * u128::from(u64::MAX), signed));
    assert_eq!(snap.query().avg(Extreme::WIDE), Some(u128::MAX as f64));
    assert_eq!(snap.query().avg(Extreme::WIDE_SIGNED), Some(i128::MAX as f64));
    assert_eq!(snap.query().avg(Extreme::MONEY), Some(Decimal::MAX));
    assert_eq!(snap.query().sum(Extreme::FLOAT), f64::INFINITY);
    Ok(())
}

#[test]
fn what_does_not_fit_is_an_error_that_says_so() -> Result {
    let db = extreme([MAX, MAX])?;
    let snap = db.read();
    let error: Error = snap.query().sum(Extreme::MONEY).unwrap_err().into();
    let text = "the sum of extremes.money does not fit: it is greater than every decimal";
    assert_eq!(error.to_string(), text);
    assert!(matches!(&error, Error::Overflow(overflow) if !overflow.is_negative()));
    let text = "the sum of extremes.wide does not fit: it is greater than every u128";
    assert_eq!(snap.query().sum(Extreme::WIDE).unwrap_err().to_string(), text);

    let db = extreme([MIN, MIN])?;
    let snap = db.read();
    let below: Overflow = snap.query().sum(Extreme::WIDE_SIGNED).unwrap_err();
    let text = "the sum of extremes.wide_signed does not fit: it is less than every i128";
    assert_eq!((below.to_string().as_str(), below.is_negative()), (text, true));
    assert!(snap.query().sum(Extreme::MONEY).is_err_and(|overflow| overflow.is_negative()));
    assert_eq!(snap.query().sum(Extreme::SIGNED), 2 * i128::from(i64::MIN));

    // A sum that fits no decimal still has its place in the order.
    let groups = || snap.query().group_by(Extreme::BYTES);
    assert_eq!(groups().having(Extreme::MONEY.sum().lt(Decimal::MIN)).count(), 1);
    assert_eq!(groups().having(Extreme::MONEY.sum().ge(Decimal::MIN)).count(), 0);
    assert_eq!(groups().having(Extreme::WIDE_SIGNED.sum().lt(i128::MIN)).count(), 1);
    Ok(())
}

#[test]
fn only_the_whole_sum_must_fit() -> Result {
    let one = |money| NewExtreme { money, ..MIN };
    for values in [[MAX, MAX, MIN], [MAX, MIN, MAX], [MIN, MAX, MAX]] {
        let db = extreme(values)?;
        let snap = db.read();
        assert_eq!(snap.query().sum(Extreme::MONEY), Ok(Decimal::MAX));
        assert_eq!(snap.query().sum(Extreme::WIDE_SIGNED), Ok(i128::MAX - 1));
    }
    // Nothing is rounded on the way: decimals' own addition would lose the cents here.
    let values = [Decimal::MAX, dec!(0.25), -Decimal::MAX, dec!(0.25)];
    let db = extreme(values.map(one))?;
    assert_eq!(db.read().query().sum(Extreme::MONEY)?.to_string(), "0.50");
    // At the end once, half to even, where 28 digits are too few.
    let third = Decimal::ONE / dec!(3);
    let db = extreme([dec!(100_000_000_000), third].map(one))?;
    let sum = db.read().query().sum(Extreme::MONEY)?;
    assert_eq!(sum.to_string(), "100000000000.33333333333333333");
    let db = extreme([Decimal::MAX - dec!(2), dec!(0.5)].map(one))?;
    assert_eq!(
        db.read().query().sum(Extreme::MONEY),
        Ok(Decimal::MAX - dec!(1)),
        "to the even one"
    );
    let db = extreme([Decimal::MAX, dec!(0.5)].map(one))?;
    assert!(db.read().query().sum(Extreme::MONEY).is_err(), "half is rounded up, and beyond");
    let db = extreme([dec!(1.10), dec!(2)].map(one))?;
    assert_eq!(db.read().query().sum(Extreme::MONEY)?.to_string(), "3.10");
    let db = extreme([dec!(-10), dec!(0), dec!(0.00)].map(one))?;
    let average = db.read().query().avg(Extreme::MONEY);
    assert_eq!(average, Some(dec!(-10) / dec!(3)));
    let db = extreme([dec!(1.50), dec!(2.50)].map(one))?;
    assert_eq!(db.read().query().avg(Extreme::MONEY).map(|avg| avg.to_string()), Some("2".into()));
    Ok(())
}

#[test]
fn floats_keep_what_rounding_loses() -> Result {
    let one = |float| NewExtreme { float, ..MIN };
    let sum = |values: &[f64]| -> Result<f64> {
        Ok(extreme(values.iter().copied().map(one))?.read().query().sum(Extreme::FLOAT))
    };
    assert_eq!(sum(&[1e100, 1.0, -1e100])?, 1.0);
    assert_eq!(sum(&[0.1; 10])?, 1.0);
    assert_eq!(sum(&[f64::INFINITY, 1.0])?, f64::INFINITY);
    assert!(sum(&[f64::INFINITY, f64::NEG_INFINITY])?.is_nan());
    assert!(sum(&[1.0, f64::NAN])?.is_nan());

    let db = extreme([f64::NAN, 3.0, f64::NAN, -1.0].map(one))?;
    let snap = db.read();
    let found = snap.query().aggregate((Extreme::FLOAT.min(), Extreme::FLOAT.max()));
    assert_eq!(found, (Some(&-1.0), Some(&3.0)));
    let db = extreme([f64::NAN; 2].map(one))?;
    assert_eq!(db.read().query().min(Extreme::FLOAT), None);
    Ok(())
}

#[test]
fn nothing_has_nothing_in_it() -> Result {
    let db = empty()?;
    let snap = db.read();
    let people = || snap.query::<Person>();
    assert_eq!((people().sum(Person::SCORE), people().avg(Person::SCORE)), (0, None));
    assert_eq!((people().sum(Person::FEE), people().avg(Person::FEE)), (Ok(Decimal::ZERO), None));
    assert_eq!((people().min(Person::NICK), people().max(Person::AGE)), (None, None));
    assert_eq!(people().aggregate((count(), Person::AGE.count_distinct())), (0, 0));
    assert_eq!(people().group_by(Person::AGE).aggregate(count()).len(), 0);
    assert_eq!(people().group_by(Person::AGE).keys(), Vec::<&u8>::new());
    assert_eq!(people().select(Person::AGE).distinct().first(), None);
    Ok(())
}
