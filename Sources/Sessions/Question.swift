import Wire

/// Whether a message of the role `user` is a prompt of a person: told by its blocks, one after the other.
///
/// Results of tools and the client's own `<system-reminder>`s are no prompts. A text beside results is one: somebody typed while
/// the tool was running. An image or a document beside results is a part of them.
struct Question {
    private var hasResults = false, hasOthers = false, isSaid = false

    var isPrompt: Bool { isSaid || hasOthers && !hasResults }

    /// - Parameters:
    ///   - type: of the block; `nil`: it says none.
    ///   - text: what a block of the type `text` says, between its quotes.
    /// - Returns: whether the block is something that a person says, if the message is a prompt.
    @discardableResult
    mutating func take(_ type: JSONString?, _ text: UnsafeRawBufferPointer?) -> Bool {
        guard let type, !type.equals("tool_result") else {
            if type == nil { hasOthers = true } else { hasResults = true }
            return type == nil
        }
        guard type.equals("text") else {
            hasOthers = true
            return true
        }
        guard let text, Self.isSaid(text) else { return false }
        isSaid = true
        return true
    }

    /// The client tells the model things in between, which nobody has said.
    static func isSaid(_ text: UnsafeRawBufferPointer) -> Bool {
        !text.isEmpty && !text.startsIgnoringCase("<system-reminder>")
    }
}
