//! Own types as columns.
#![forbid(unsafe_code)]
#![deny(warnings)]

use bondstone::__private::KeyBuf;
use bondstone::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Value)]
#[repr(u8)]
enum Status {
    Draft = 4,
    Published = 9,
}

#[derive(Clone, Debug, PartialEq, Value)]
enum Shape {
    Point,
    Circle { r#type: u8, radius: f64 },
    Pair(u8, Box<Shape>),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Value)]
struct Email(String);

#[derive(Clone, Debug, PartialEq, Value)]
struct Address {
    street: String,
    before: Option<Box<Self>>,
    tags: Vec<(Status, Email)>,
}

#[derive(Clone, Debug, PartialEq, Value)]
struct Nothing;

#[derive(Clone, Debug, Model)]
#[index(by_status: status, email)]
struct Person {
    #[key]
    id: Id<Person>,
    #[unique]
    email: Email,
    #[index]
    status: Status,
    shape: Shape,
    address: Option<Address>,
    nothing: Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq, Value)]
#[rustfmt::skip]
enum Wide {
    V0, V1, V2, V3, V4, V5, V6, V7, V8, V9, V10, V11, V12, V13, V14, V15, V16, V17, V18, V19, V20, V21, V22, V23, V24, V25,
    V26, V27, V28, V29, V30, V31, V32, V33, V34, V35, V36, V37, V38, V39, V40, V41, V42, V43, V44, V45, V46, V47, V48, V49,
    V50, V51, V52, V53, V54, V55, V56, V57, V58, V59, V60, V61, V62, V63, V64, V65, V66, V67, V68, V69, V70, V71, V72, V73,
    V74, V75, V76, V77, V78, V79, V80, V81, V82, V83, V84, V85, V86, V87, V88, V89, V90, V91, V92, V93, V94, V95, V96, V97,
    V98, V99, V100, V101, V102, V103, V104, V105, V106, V107, V108, V109, V110, V111, V112, V113, V114, V115, V116,
    V117, V118, V119, V120, V121, V122, V123, V124, V125, V126, V127, V128, V129, V130, V131, V132, V133, V134, V135,
    V136, V137, V138, V139, V140, V141, V142, V143, V144, V145, V146, V147, V148, V149, V150, V151, V152, V153, V154,
    V155, V156, V157, V158, V159, V160, V161, V162, V163, V164, V165, V166, V167, V168, V169, V170, V171, V172, V173,
    V174, V175, V176, V177, V178, V179, V180, V181, V182, V183, V184, V185, V186, V187, V188, V189, V190, V191, V192,
    V193, V194, V195, V196, V197, V198, V199, V200, V201, V202, V203, V204, V205, V206, V207, V208, V209, V210, V211,
    V212, V213, V214, V215, V216, V217, V218, V219, V220, V221, V222, V223, V224, V225, V226, V227, V228, V229, V230,
    V231, V232, V233, V234, V235, V236, V237, V238, V239, V240, V241, V242, V243, V244, V245, V246, V247, V248, V249,
    V250, V251, V252, V253, V254, V255, V256, V257, V258, V259, V260, V261, V262, V263, V264, V265, V266, V267, V268,
    V269, V270, V271, V272, V273, V274, V275, V276, V277, V278, V279, V280, V281, V282, V283, V284, V285, V286, V287,
    V288, V289, V290, V291, V292, V293, V294, V295, V296, V297, V298, V299,
}

fn encoded<V: Value>(value: &V) -> Vec<u8> {
    let mut key = KeyBuf::new();
    value.encode(&mut key);
    key.bytes().to_vec()
}

fn shown<V: Value>(value: &V) -> String {
    value.view().to_string()
}

fn main() {
    assert_eq!((Status::WIDTH, Status::COMPARED), (Some(1), false));
    assert_eq!(Status::ENUMERATION, Some(&[Status::Draft, Status::Published][..]));
    assert_eq!((encoded(&Status::Draft), encoded(&Status::Published)), (vec![0], vec![1]));
    assert_eq!(Status::describe().variants, ["Draft", "Published"]);
    assert_eq!(shown(&Status::Draft), "Draft");

    assert!(Shape::COMPARED && Shape::WIDTH.is_none() && Shape::ENUMERATION.is_none());
    assert_eq!(Shape::describe().variants, ["Point", "Circle", "Pair"]);
    assert_eq!(shown(&Shape::Circle { r#type: 1, radius: 0.5 }), "Circle { type: 1, radius: 0.5 }");
    assert_eq!(shown(&Shape::Pair(2, Box::new(Shape::Point))), "Pair { 0: 2, 1: Point }");

    assert_eq!(
        (shown(&Email("a".into())), shown(&Nothing)),
        ("Email { 0: \"a\" }".into(), "Nothing".into())
    );
    let address = Address {
        street: "x".into(),
        before: None,
        tags: vec![(Status::Draft, Email("a".into()))],
    };
    assert_eq!(
        shown(&address),
        "Address { street: \"x\", before: null, tags: [(Draft, Email { 0: \"a\" })] }"
    );

    let db = Database::builder().models::<Person>().in_memory().unwrap();
    let person = NewPerson {
        email: Email("ann".into()),
        status: Status::Draft,
        shape: Shape::Point,
        address: Some(address),
        nothing: Nothing,
    };
    let ann = db.write(|tx| tx.insert(person)).unwrap();
    let snap = db.read();
    assert_eq!(snap.find(Person::EMAIL, Email("ann".into())).unwrap().id, ann);
    assert_eq!((&snap[ann].shape, &snap[ann].nothing), (&Shape::Point, &Nothing));
    assert!(snap[ann].address.is_some() && snap[ann].status == Status::Draft);

    wide_enums();
}

fn wide_enums() {
    assert_eq!(Wide::WIDTH, Some(2));
    let all = Wide::ENUMERATION.unwrap();
    assert_eq!(all.len(), 300);
    assert!(all.windows(2).all(|pair| encoded(&pair[0]) < encoded(&pair[1])));
    assert_eq!(encoded(&all[258]), [1, 2]);
}
