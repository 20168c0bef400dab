extension StringProtocol {
    /// Byte for byte. `==` and dictionaries take different spellings of one letter for the same: U+212A for `K`, an accent of its own.
    package func isExactly(_ other: some StringProtocol) -> Bool { utf8.elementsEqual(other.utf8) }
}
