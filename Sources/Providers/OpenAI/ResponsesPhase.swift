import Wire

/// What a text of the assistant was: `commentary` on the way, or the `final_answer`. Models that say it want it back, and Anthropic's
/// texts have no place for it. So it travels as a reasoning state of its own in front of the text: `/` and the phase, where the
/// state of a reasoning item begins with the item's id.
/// https://platform.openai.com/docs/guides/latest-model, `phase`
struct ResponsesPhase {
    private static let longest = 32
    let name: UnsafeRawBufferPointer

    /// What an item says; `nil` for what is no phase's name.
    init?(_ text: JSONString) {
        let isName = text.bytes.allSatisfy {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || $0 == UInt8(ascii: "_")
        }
        guard isName, (1...Self.longest).contains(text.bytes.count) else { return nil }
        name = text.bytes
    }

    /// `nil` for the state of a reasoning item.
    init?(state: UnsafeRawBufferPointer) {
        guard state.first == UInt8(ascii: "/") else { return nil }
        self.init(JSONString(state.slice(1..<state.count), hasEscapes: false))
    }

    /// The state in which it travels.
    var state: [UInt8] { [UInt8(ascii: "/")] + Array(name) }

    var isFinal: Bool { name.equals("final_answer") }
}
