/// A hash table over the known header names: 512 slots, linear probing, filled once.
struct FieldTable: @unchecked Sendable {
    // @unchecked Sendable is safe: the slots are written in `init`, never after, and never freed.

    private struct Slot {
        var text: StaticString
        var name: FieldName
    }

    static let shared = FieldTable()

    private static let size = 512
    private let slots: UnsafePointer<Slot>

    /// The most slots any known name needs to look at; the tests keep it small.
    let longestProbe: Int

    private init() {
        let slots = UnsafeMutablePointer<Slot>.allocate(capacity: FieldTable.size)
        slots.initialize(repeating: Slot(text: "", name: .other), count: FieldTable.size)
        var longest = 0
        for name in FieldName.allCases {
            for text in [name.canonical, name.alias] where text.utf8CodeUnitCount > 0 {
                var index = FieldTable.hash(text.bytes)
                var probes = 1
                while slots[index].name != .other {
                    index = (index + 1) & (FieldTable.size - 1)
                    probes += 1
                }
                slots[index] = Slot(text: text, name: name)
                longest = max(longest, probes)
            }
        }
        self.slots = UnsafePointer(slots)
        self.longestProbe = longest
    }

    /// Length and four characters tell the known names apart well enough; bit 5 is set to fold case.
    private static func hash(_ name: UnsafeRawBufferPointer) -> Int {
        let last = name.count - 1
        var hash = UInt32(truncatingIfNeeded: name.count) &* 0x9E37
        hash = (hash ^ UInt32(name[0] | 0x20)) &* 0x01F3
        hash = (hash ^ UInt32(name[last] | 0x20)) &* 0x01F3
        hash = (hash ^ UInt32(name[last / 2] | 0x20)) &* 0x01F3
        hash = (hash ^ UInt32(name[last - last / 4] | 0x20)) &* 0x01F3
        return Int((hash ^ hash >> 15) & UInt32(size - 1))
    }

    func find(_ name: UnsafeRawBufferPointer) -> FieldName? {
        guard name.count > 0 else { return nil }
        var index = FieldTable.hash(name)
        while slots[index].name != .other {
            if name.equalsIgnoringCase(slots[index].text) { return slots[index].name }
            index = (index + 1) & (FieldTable.size - 1)
        }
        return nil
    }
}
