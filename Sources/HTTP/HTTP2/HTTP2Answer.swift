/// A whole answer over HTTP/2.
package struct HTTP2Answer: Sendable {
    /// The `:status` of its head.
    package internal(set) var status = 0
    /// Names in lower case, without those that begin with a colon.
    package internal(set) var fields: [(name: String, value: String)] = []
    package internal(set) var body: [UInt8] = []
    package internal(set) var trailers: [(name: String, value: String)] = []

    package init() {}

    /// The first value of a name, given in lower case: of the trailers, else of the head, where an answer without a body has
    /// what would be in its trailers.
    package func value(_ name: String) -> String? {
        (trailers.first { $0.name == name } ?? fields.first { $0.name == name })?.value
    }
}
