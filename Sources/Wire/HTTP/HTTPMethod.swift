/// A request method (RFC 9110 §9). Methods are case-sensitive; what is not listed is `other`.
package enum HTTPMethod: UInt8, Sendable, CaseIterable {
    case get, head, post, put, delete, options, patch, other

    /// The method a request line begins with.
    package static func recognise(_ bytes: UnsafeRawBufferPointer) -> HTTPMethod {
        switch bytes.count {
        case 3: bytes.equals("GET") ? .get : bytes.equals("PUT") ? .put : .other
        case 4: bytes.equals("POST") ? .post : bytes.equals("HEAD") ? .head : .other
        case 5: bytes.equals("PATCH") ? .patch : .other
        case 6: bytes.equals("DELETE") ? .delete : .other
        case 7: bytes.equals("OPTIONS") ? .options : .other
        default: .other
        }
    }

    /// As written on the wire; empty for `other`.
    package var text: StaticString {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .patch: "PATCH"
        case .other: ""
        }
    }
}
