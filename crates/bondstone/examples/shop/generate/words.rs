//! The words that the generator puts together.

/// Departments, and their categories with the name of one thing in them.
pub const DEPARTMENTS: [(&str, [(&str, &str); 4]); 6] = [
    ("Kitchen", [("Mugs", "Mug"), ("Pots", "Pot"), ("Knives", "Knife"), ("Boards", "Board")]),
    ("Study", [("Desks", "Desk"), ("Lamps", "Lamp"), ("Shelves", "Shelf"), ("Chairs", "Chair")]),
    (
        "Garden",
        [
            ("Spades", "Spade"),
            ("Lanterns", "Lantern"),
            ("Planters", "Planter"),
            ("Benches", "Bench"),
        ],
    ),
    (
        "Workshop",
        [("Hammers", "Hammer"), ("Chisels", "Chisel"), ("Planes", "Plane"), ("Vices", "Vice")],
    ),
    (
        "Travel",
        [("Rucksacks", "Rucksack"), ("Flasks", "Flask"), ("Tents", "Tent"), ("Maps", "Map")],
    ),
    ("Music", [("Guitars", "Guitar"), ("Drums", "Drum"), ("Flutes", "Flute"), ("Cellos", "Cello")]),
];

/// What things are made of.
pub const MATERIALS: [&str; 12] = [
    "Walnut", "Copper", "Linen", "Slate", "Maple", "Brass", "Cork", "Oak", "Enamel", "Wool",
    "Birch", "Steel",
];

/// Given names.
pub const FIRST_NAMES: [&str; 24] = [
    "Ada", "Bela", "Chloé", "Dara", "Edith", "Farid", "Grace", "Hugo", "Ines", "Jonas", "Katia",
    "Liam", "Mina", "Nils", "Olga", "Paul", "Quinn", "Rosa", "Sven", "Tove", "Uma", "Vera",
    "Wendel", "Yara",
];

/// Family names.
pub const LAST_NAMES: [&str; 20] = [
    "Lindqvist",
    "Moreau",
    "Okafor",
    "Berger",
    "Castillo",
    "Dvořák",
    "Eriksen",
    "Fontana",
    "Gupta",
    "Haas",
    "Ito",
    "Jansen",
    "Kowalski",
    "Lovelace",
    "Müller",
    "Novak",
    "Oduya",
    "Petrov",
    "Rossi",
    "Silva",
];

/// Streets.
pub const STREETS: [&str; 10] = [
    "Birch Lane",
    "Harbour Road",
    "Mill Street",
    "Station Square",
    "Church Hill",
    "Canal Side",
    "Garden Row",
    "Old Market",
    "Bridge Street",
    "School Lane",
];

/// Towns: name, region, country.
pub const TOWNS: [(&str, &str, &str); 10] = [
    ("Bergen", "Vestland", "Norway"),
    ("Graz", "Steiermark", "Austria"),
    ("Ghent", "Vlaanderen", "Belgium"),
    ("Porto", "Norte", "Portugal"),
    ("Lyon", "Rhône", "France"),
    ("Turku", "Varsinais-Suomi", "Finland"),
    ("Leeds", "Yorkshire", "England"),
    ("Brno", "Jihomoravský", "Czechia"),
    ("Turin", "Piemonte", "Italy"),
    ("Cork", "Munster", "Ireland"),
];
