import Wire

/// A JSON Web Token in its compact form (RFC 7515 §7.1, RFC 7519), taken apart; nothing in it is believed yet.
package struct JSONWebToken: Sendable {
    /// `alg` of the header, whatever it says.
    package let algorithm: String
    /// `kid` of the header.
    package let keyID: String?
    package let claims: JSONObject
    package let signature: [UInt8]
    /// What the signature is of: the first two parts and the dot between them.
    package let signedRange: Range<Int>

    /// A token's greatest length, in bytes.
    package static let maximumBytes = 16 * 1024
    /// Types of tokens that are credentials (RFC 7519 §5.1, RFC 9068 §2.1), in small letters. Others are for other uses.
    private static let types: Set<String> = ["jwt", "at+jwt", "application/jwt", "application/at+jwt"]

    private static let dot = UInt8(ascii: ".")

    /// Whether the bytes are meant as a token: `eyJ`, which is how each JSON object with a member begins in Base64, and two dots
    /// at least.
    package static func isLikely(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard begins(bytes), let first = bytes.firstIndex(of: dot, in: 0..<bytes.count) else { return false }
        return bytes.firstIndex(of: dot, in: first + 1..<bytes.count) != nil
    }

    /// Whether the bytes begin like a token.
    package static func begins(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.count > 3 && bytes[0] == UInt8(ascii: "e") && bytes[1] == UInt8(ascii: "y")
            && bytes[2] == UInt8(ascii: "J")
    }

    package init(parsing bytes: UnsafeRawBufferPointer) throws(TokenFault) {
        guard bytes.count <= Self.maximumBytes else { throw .malformed(.tooLong) }
        let (first, second) = try Self.dots(bytes)
        signedRange = 0..<second
        let header = try Self.object(bytes.slice(0..<first), fault: .header)
        algorithm = try Self.readHeader(header)
        keyID = try Self.string(header, "kid")
        guard let signature = Base64.decodedForURL(bytes.slice(second + 1..<bytes.count)) else {
            throw .malformed(.signature)
        }
        self.signature = signature
        claims = try Self.object(bytes.slice(first + 1..<second), fault: .claims)
    }

    private static func dots(_ bytes: UnsafeRawBufferPointer) throws(TokenFault) -> (Int, Int) {
        var places: [Int] = []
        var start = 0
        while let place = bytes.firstIndex(of: dot, in: start..<bytes.count) {
            places.append(place)
            guard places.count <= 4 else { throw .malformed(.parts) }
            start = place + 1
        }
        if places.count == 4 { throw .malformed(.encrypted) }
        guard places.count == 2 else { throw .malformed(.parts) }
        return (places[0], places[1])
    }

    private static func object(
        _ text: UnsafeRawBufferPointer, fault: TokenFault.Shape
    ) throws(TokenFault) -> JSONObject {
        guard let bytes = Base64.decodedForURL(text) else { throw .malformed(fault) }
        let value = bytes.withUnsafeBytes { bytes in
            Result { () throws(JSONError) in try JSONValue(parsing: bytes) }
        }
        guard case .success(.object(let object)) = value else { throw .malformed(fault) }
        guard !JSONValue.object(object).repeatsName else { throw .malformed(.repeatedName) }
        return object
    }

    /// The algorithm of a header that asks for nothing unknown.
    private static func readHeader(_ header: JSONObject) throws(TokenFault) -> String {
        // Whatever it names must be understood (RFC 7515 §4.1.11), and we understand none of them.
        guard header["crit"] == nil else { throw .malformed(.critical) }
        guard header["enc"] == nil else { throw .malformed(.encrypted) }
        if let type = try string(header, "typ"), !types.contains(type.lowercased()) { throw .malformed(.type) }
        if try string(header, "cty") != nil { throw .malformed(.nested) }
        guard let algorithm = try string(header, "alg") else { throw .malformed(.header) }
        return algorithm
    }

    /// `nil` when the member is not there; anything but a string is a fault.
    private static func string(_ header: JSONObject, _ name: String) throws(TokenFault) -> String? {
        guard let value = header[name] else { return nil }
        guard let text = value.string else { throw .malformed(.header) }
        return text
    }
}

extension JSONValue {
    /// Whether an object anywhere in it has two members of one name: readers differ in which of them they take.
    package var repeatsName: Bool {
        switch self {
        case .object(let object):
            Set(object.members.map(\.key)).count < object.members.count
                || object.members.contains { $0.value.repeatsName }
        case .array(let elements): elements.contains { $0.repeatsName }
        default: false
        }
    }
}
