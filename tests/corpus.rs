//! Replays what the fuzzer keeps: each file in `fuzz/corpus/operations` is a history that met something new, each in
//! `fuzz/corpus/query` a history with queries; the first 120 of these are plain chance, for the fuzzer to begin with. Those in
//! `recover_log` and `open_snapshot` change a file on purpose; what opening it takes of memory is counted.
//!
//! What they must meet together is demanded: if the decoder changes so that they mean something else, they are to be grown anew.
//!
//! A find is kept for ever: copy the input that the fuzzer reports (`fuzz/artifacts/…`) there. To let the corpora grow
//! without the fuzzer, by so many inputs: `BONDSTONE_GROW=50 cargo test -p bondstone-tests --test corpus`.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use bondstone_tests::corpus::{Grow, Meets};
use bondstone_tests::counters::EVENTS;
use bondstone_tests::decode::decode;
use bondstone_tests::files;
use bondstone_tests::queries;
use bondstone_tests::run::run;

/// A fuzz target.
struct Target<'a> {
    name: &'static str,
    /// It keeps so many inputs at least.
    fewest: usize,
    meets: Meets<'a>,
    wanted: Vec<String>,
    longest: usize,
}

impl Target<'_> {
    fn directory(&self) -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(self.name)
    }

    /// The inputs, in the order of their names.
    fn inputs(&self) -> Vec<(String, Vec<u8>)> {
        let files = fs::read_dir(self.directory()).expect("the corpus is part of the repository");
        let mut inputs: Vec<(String, Vec<u8>)> = files
            .map(|file| {
                let file = file.expect("the directory can be read");
                let name = file.file_name().to_string_lossy().into_owned();
                (name, fs::read(file.path()).expect("the file can be read"))
            })
            .collect();
        inputs.sort();
        inputs
    }

    fn grow_by(&self, count: usize) {
        let mut corpus: Vec<Vec<u8>> = self.inputs().into_iter().map(|(_, input)| input).collect();
        let known = corpus.len();
        let grow = Grow { meets: self.meets, wanted: &self.wanted, longest: self.longest };
        if let Err((input, difference)) = grow.grow(&mut corpus, known + count, known as u64 + 1) {
            panic!("{difference}\n{input:?}");
        }
        for (place, input) in corpus.iter().enumerate().skip(known) {
            let file = self.directory().join(format!("{place:04}"));
            fs::write(file, input).expect("the file can be written");
        }
    }

    fn replay(&self) {
        if let Some(count) = std::env::var("BONDSTONE_GROW").ok().and_then(|text| text.parse().ok())
        {
            self.grow_by(count);
        }
        let inputs = self.inputs();
        assert!(inputs.len() >= self.fewest, "{} inputs in {:?}", inputs.len(), self.directory());
        let distinct: BTreeSet<&[u8]> = inputs.iter().map(|(_, input)| input.as_slice()).collect();
        assert_eq!(distinct.len(), inputs.len(), "an input is there twice");
        let mut met = BTreeSet::new();
        for (name, input) in &inputs {
            match (self.meets)(input) {
                Ok(things) => met.extend(things),
                Err(difference) => panic!("{name}: {difference}"),
            }
        }
        let missed: Vec<&String> =
            self.wanted.iter().filter(|event| !met.contains(*event)).collect();
        assert!(missed.is_empty(), "{} inputs do not meet {missed:?}", inputs.len());
        println!("{} inputs meet {} things", inputs.len(), met.len());
    }
}

#[test]
fn every_history_agrees() {
    let target = Target {
        name: "operations",
        fewest: 200,
        meets: &|input| match run(&decode(input)) {
            Ok(counters) => Ok(counters.met()),
            Err(divergence) => Err(divergence.to_string()),
        },
        wanted: EVENTS.iter().map(|event| format!("{event:?}")).collect(),
        longest: 1000,
    };
    target.replay();
}

/// Opening takes this memory, whatever is in the files, and so much more for each of their bytes.
const MEMORY: usize = 3 << 20;
const MEMORY_FOR_A_BYTE: usize = 64;

/// What an attack on a file meets.
fn attacked(target: files::Target, input: &[u8]) -> Result<BTreeSet<String>, String> {
    let attack = files::Attack::decode(target, input);
    let disk = attack.disk();
    let mut outcome = None;
    let memory = allocation_counter::measure(|| outcome = Some(files::open(&disk))).bytes_max;
    let most = MEMORY + MEMORY_FOR_A_BYTE * attack.size();
    if memory > most as u64 {
        return Err(format!("{memory} bytes of memory for {} of files", attack.size()));
    }
    let met = outcome.map_or(Ok(Vec::new()), |outcome| files::judge(outcome, &disk))?;
    Ok(met.into_iter().collect())
}

#[test]
fn every_log_is_refused_or_keeps_the_rules() {
    let target = Target {
        name: "recover_log",
        fewest: 50,
        meets: &|input| attacked(files::Target::Log, input),
        wanted: Vec::new(),
        longest: 40,
    };
    target.replay();
}

#[test]
fn every_snapshot_is_refused_or_keeps_the_rules() {
    let target = Target {
        name: "open_snapshot",
        fewest: 50,
        meets: &|input| attacked(files::Target::Snapshot, input),
        wanted: Vec::new(),
        longest: 40,
    };
    target.replay();
}

#[test]
fn every_query_agrees() {
    let target = Target {
        name: "query",
        fewest: 100,
        meets: &|input| Ok(queries::run::run(&queries::decode::decode(input))?.met()),
        wanted: queries::counters::required().into_iter().collect(),
        longest: 200,
    };
    target.replay();
}
