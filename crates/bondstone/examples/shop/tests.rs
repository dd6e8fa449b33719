//! The whole program at a small size: it runs to its end, and the seed decides everything but the times.

use crate::{Options, run};

fn printed(options: &Options) -> String {
    let mut out = Vec::new();
    run(options, &mut out).expect("the shop runs");
    String::from_utf8(out).expect("the shop prints text")
}

const SMALL: Options = Options { orders: 400, seed: 42, times: false, directory: None };

#[test]
fn the_same_seed_prints_the_same() {
    let first = printed(&SMALL);
    assert_eq!(first, printed(&SMALL));
    assert_ne!(first, printed(&Options { seed: 43, ..SMALL }));
}

#[test]
fn only_columns_and_lines_of_their_own_tell_times() {
    let (with, without) = (printed(&Options { times: true, ..SMALL }), printed(&SMALL));
    let mut lines = with.lines();
    for line in without.lines().filter(|line| !line.trim_start().starts_with('─')) {
        let found = lines.any(|timed| timed.starts_with(line));
        assert!(
            found,
            "without times there is a line that is not the beginning of one with: {line}"
        );
    }
}

#[test]
fn each_kind_of_refusal_says_what_was_wrong() {
    let text = printed(&SMALL);
    for said in [
        "unique constraint `users_email_key` violated: users.email = \"",
        "unique constraint `cart_line` violated: cart_items.(user_id, product_id) = (",
        "primary key `categories_pkey` violated: categories.id = 1 is already used by categories#1",
        "check constraint `check_positive_price` on `products` violated by products#",
        "users.username is 51 characters long, the maximum is 50",
        "users.password_hash is 129 characters long, the maximum is 128",
        "products.price = 1.505 has 3 decimal places, decimal(10, 2) allows 2",
        "products.price = 123456789.00 has more digits before the point than decimal(10, 2) allows",
        "foreign key `order_items_order_id_fkey` violated: order_items.order_id = ",
        "cannot delete categories#1: still referenced by categories#2 (`categories_parent_id_fkey`",
        "users.created_at is immutable",
        "an update cannot change the primary key of products#1: use `rekey`",
        "products#999999999 does not exist",
        "1000 wanted, ",
        "this thread has an open transaction already",
    ] {
        assert!(text.contains(said), "{said}\nis not in\n{text}");
    }
}

#[test]
fn the_command_line_is_understood() {
    let parse = |line: &str| Options::parse(line.split_whitespace().map(str::to_owned));
    let options = parse("1_000 --seed 7 --no-times").expect("a good line");
    assert_eq!((options.orders, options.seed, options.times), (1_000, 7, false));
    for line in ["many", "0", "--seed", "--seed x"] {
        assert!(parse(line).is_err(), "{line}");
    }
}

#[test]
fn a_kept_shop_goes_on() {
    let directory = std::env::temp_dir().join(format!("bondstone-shop-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&directory);
    let kept = || Options { directory: Some(directory.clone()), ..SMALL };
    let first = printed(&kept());
    assert!(first.contains("0 rows were found: no snapshot, and 0 commits"), "{first}");
    let second = printed(&kept());
    assert!(second.contains("rows were found: a snapshot, and 0 commits"), "{second}");
    let orders = |text: &str| {
        let line = text.lines().rfind(|line| line.trim_start().starts_with("orders "));
        line.and_then(|line| line.split_whitespace().nth(1)).map(|count| count.replace(',', ""))
    };
    let counts = [&first, &second]
        .map(|text| orders(text).expect("it is told").parse::<u32>().expect("a number"));
    assert!(counts[1] > counts[0], "{counts:?}");
    std::fs::remove_dir_all(&directory).expect("it is ours");
}
