/// A text on its way into a journal slot: bytes borrowed from a request buffer, or a string that is kept anyway.
///
/// The bytes are copied before the call that takes them returns; they need to be valid only for that call.
/// They should be UTF-8; other bytes are stored as they are and repaired where they are shown.
package enum FactText {
    /// No value: the column stays empty.
    case none
    /// Bytes of a buffer that outlives the call.
    case bytes(UnsafeRawBufferPointer)
    /// A string; its UTF-8 view is copied.
    case string(String)
}

extension FactText: ExpressibleByStringLiteral, ExpressibleByNilLiteral {
    package init(stringLiteral value: String) { self = .string(value) }
    package init(nilLiteral: ()) { self = .none }

    /// An optional string, where `nil` is `none`.
    package init(_ text: String?) {
        if let text { self = .string(text) } else { self = .none }
    }
}
