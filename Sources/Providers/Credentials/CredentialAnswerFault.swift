import Wire

/// Why what a credential's source gave cannot be used. The sentence holds nothing of it but names and error codes.
package struct CredentialAnswerFault: Error, Equatable, Sendable {
    package let sentence: String

    init(_ sentence: String) { self.sentence = sentence }
}

/// A JSON object of which some members are wanted; what is wrong is said without showing any value.
struct AnswerObject {
    private let object: JSONObject

    init(_ bytes: [UInt8], what: String = "the answer") throws(CredentialAnswerFault) {
        let parsed = bytes.withUnsafeBytes { bytes in
            Result { () throws(JSONError) in try JSONValue(parsing: bytes) }
        }
        switch parsed {
        case .success(.object(let object)): self.object = object
        case .success: throw CredentialAnswerFault("\(what) is no JSON object")
        case .failure(let error): throw CredentialAnswerFault("\(what) is no JSON: \(error.sentence)")
        }
    }

    subscript(name: String) -> JSONValue? { object[name] }

    /// A string that is there and not empty.
    func text(_ name: String) throws(CredentialAnswerFault) -> String {
        guard let text = object[name]?.string, !text.isEmpty else {
            throw CredentialAnswerFault("`\(name)` is missing or no string")
        }
        return text
    }

    /// A string that may go into a field of a request: visible ASCII.
    func token(_ name: String) throws(CredentialAnswerFault) -> String {
        let text = try text(name)
        guard text.isFieldSafe else { throw CredentialAnswerFault("`\(name)` has characters that no token has") }
        return text
    }
}

extension String {
    /// Visible ASCII alone: nothing that could end a field of a request.
    package var isFieldSafe: Bool { utf8.allSatisfy { (0x21...0x7E).contains($0) } }
}
