/// Up to four pieces of memory that go out one after the other; valid as long as the memory they point at.
package struct Pieces {
    package typealias Storage = (
        UnsafeRawBufferPointer, UnsafeRawBufferPointer, UnsafeRawBufferPointer, UnsafeRawBufferPointer
    )
    private(set) var storage: Storage
    package private(set) var count: Int

    private static var empty: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }

    package init(
        _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer? = nil,
        _ third: UnsafeRawBufferPointer? = nil, _ fourth: UnsafeRawBufferPointer? = nil
    ) {
        storage = (first, second ?? Self.empty, third ?? Self.empty, fourth ?? Self.empty)
        count = storage.0.count + storage.1.count + storage.2.count + storage.3.count
    }

    /// Without the bytes that have gone.
    package mutating func removeFirst(_ bytes: Int) {
        var left = bytes
        Self.trim(&storage.0, &left)
        Self.trim(&storage.1, &left)
        Self.trim(&storage.2, &left)
        Self.trim(&storage.3, &left)
        count -= bytes
    }

    /// No more than the first bytes.
    package func first(_ limit: Int) -> Pieces {
        var made = self
        var left = limit
        made.storage.0 = Self.head(storage.0, &left)
        made.storage.1 = Self.head(storage.1, &left)
        made.storage.2 = Self.head(storage.2, &left)
        made.storage.3 = Self.head(storage.3, &left)
        made.count = limit - left
        return made
    }

    private static func head(_ piece: UnsafeRawBufferPointer, _ left: inout Int) -> UnsafeRawBufferPointer {
        let taken = min(left, piece.count)
        left -= taken
        return UnsafeRawBufferPointer(rebasing: piece[..<taken])
    }

    private static func trim(_ piece: inout UnsafeRawBufferPointer, _ left: inout Int) {
        guard left > 0 else { return }
        let taken = min(left, piece.count)
        piece = UnsafeRawBufferPointer(rebasing: piece[taken...])
        left -= taken
    }

    package func forEach(_ body: (UnsafeRawBufferPointer) -> Void) {
        if storage.0.count > 0 { body(storage.0) }
        if storage.1.count > 0 { body(storage.1) }
        if storage.2.count > 0 { body(storage.2) }
        if storage.3.count > 0 { body(storage.3) }
    }
}
