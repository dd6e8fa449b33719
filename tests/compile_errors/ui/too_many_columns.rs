//! A set of columns is 128 bits.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
struct Wide {
    #[key]
    c0: u8, c1: u8, c2: u8, c3: u8, c4: u8, c5: u8, c6: u8, c7: u8, c8: u8, c9: u8, c10: u8,
    c11: u8, c12: u8, c13: u8, c14: u8, c15: u8, c16: u8, c17: u8, c18: u8, c19: u8, c20: u8,
    c21: u8, c22: u8, c23: u8, c24: u8, c25: u8, c26: u8, c27: u8, c28: u8, c29: u8, c30: u8,
    c31: u8, c32: u8, c33: u8, c34: u8, c35: u8, c36: u8, c37: u8, c38: u8, c39: u8, c40: u8,
    c41: u8, c42: u8, c43: u8, c44: u8, c45: u8, c46: u8, c47: u8, c48: u8, c49: u8, c50: u8,
    c51: u8, c52: u8, c53: u8, c54: u8, c55: u8, c56: u8, c57: u8, c58: u8, c59: u8, c60: u8,
    c61: u8, c62: u8, c63: u8, c64: u8, c65: u8, c66: u8, c67: u8, c68: u8, c69: u8, c70: u8,
    c71: u8, c72: u8, c73: u8, c74: u8, c75: u8, c76: u8, c77: u8, c78: u8, c79: u8, c80: u8,
    c81: u8, c82: u8, c83: u8, c84: u8, c85: u8, c86: u8, c87: u8, c88: u8, c89: u8, c90: u8,
    c91: u8, c92: u8, c93: u8, c94: u8, c95: u8, c96: u8, c97: u8, c98: u8, c99: u8, c100: u8,
    c101: u8, c102: u8, c103: u8, c104: u8, c105: u8, c106: u8, c107: u8, c108: u8, c109: u8,
    c110: u8, c111: u8, c112: u8, c113: u8, c114: u8, c115: u8, c116: u8, c117: u8, c118: u8,
    c119: u8, c120: u8, c121: u8, c122: u8, c123: u8, c124: u8, c125: u8, c126: u8, c127: u8,
    c128: u8,
}

fn main() {}
