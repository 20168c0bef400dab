import Configuration
import Transport
import Wire

/// Why a text is no key set at all.
package struct KeySetFault: Error, Equatable {
    /// What is wrong, to be put behind the name of the file or URL; holds nothing of the text.
    package let sentence: String

    package init(_ sentence: String) { self.sentence = sentence }
}

/// A JSON Web Key Set (RFC 7517 §5): the keys of it that verify signatures here.
package struct JSONWebKeySet {
    package private(set) var keys: [TokenKey] = []
    /// For each key that is of no use here, why; names the key by its place.
    package private(set) var ignored: [String] = []

    /// SHA-256 of the text, to notice that nothing has changed.
    package let digest: SHA256Digest

    /// More keys than any issuer has at a time.
    package static let maximumKeys = 256
    /// A key set's greatest length, in bytes.
    package static let maximumBytes = 1024 * 1024

    /// Single keys that cannot be used are passed over; what is no key set is refused as a whole.
    package init(parsing bytes: UnsafeRawBufferPointer) throws(KeySetFault) {
        guard bytes.count <= Self.maximumBytes else {
            throw KeySetFault("is longer than \(Self.maximumBytes) bytes")
        }
        digest = SHA256Digest(of: bytes)
        let set: JSONValue
        do throws(JSONError) {
            set = try JSONValue(parsing: bytes)
        } catch {
            throw KeySetFault("is no JSON at byte \(error.offset): \(error.sentence)")
        }
        guard let entries = set["keys"]?.array else { throw KeySetFault("has no list `keys`") }
        guard entries.count <= Self.maximumKeys else { throw KeySetFault("has more than \(Self.maximumKeys) keys") }
        guard !set.repeatsName else { throw KeySetFault("has a name twice in one object") }
        for (place, entry) in entries.enumerated() {
            do throws(KeySetFault) {
                keys.append(try Self.key(entry))
            } catch {
                ignored.append("key \(place + 1) \(error.sentence)")
            }
        }
    }

    package init(parsing bytes: [UInt8]) throws(KeySetFault) {
        let result = bytes.withUnsafeBytes { bytes in
            Result { () throws(KeySetFault) in try JSONWebKeySet(parsing: bytes) }
        }
        self = try result.get()
    }

    private static func key(_ entry: JSONValue) throws(KeySetFault) -> TokenKey {
        guard let members = entry.object else { throw KeySetFault("is no object") }
        try checkUse(members)
        let keyID = try optional(members, "kid"), key = try verificationKey(members)
        if let algorithm = try optional(members, "alg"), algorithm != key.kind.tokenAlgorithm.rawValue {
            throw KeySetFault("is for an algorithm that is not taken")
        }
        return TokenKey(id: keyID, key: key)
    }

    private static func verificationKey(_ members: JSONObject) throws(KeySetFault) -> VerificationKey {
        switch try string(members, "kty") {
        case "RSA":
            let modulus = try number(members, "n"), exponent = try number(members, "e")
            return try made { () throws(VerificationKeyError) in try .rsa(modulus: modulus, exponent: exponent) }
        case "EC":
            guard try string(members, "crv") == "P-256" else { throw KeySetFault("is of another curve than P-256") }
            let x = try number(members, "x"), y = try number(members, "y")
            return try made { () throws(VerificationKeyError) in try .p256(x: x, y: y) }
        case "OKP":
            guard try string(members, "crv") == "Ed25519" else { throw KeySetFault("is of another curve than Ed25519") }
            let x = try number(members, "x")
            return try made { () throws(VerificationKeyError) in try .ed25519(x) }
        // Above all `oct`: a secret that is published is none.
        default: throw KeySetFault("is of a type that is not taken; those are RSA, EC and OKP")
        }
    }

    private static func made(
        _ make: () throws(VerificationKeyError) -> VerificationKey
    ) throws(KeySetFault) -> VerificationKey {
        do throws(VerificationKeyError) { return try make() } catch { throw KeySetFault(error.sentence) }
    }

    /// RFC 7517 §4.2 and §4.3.
    private static func checkUse(_ members: JSONObject) throws(KeySetFault) {
        if let use = try optional(members, "use"), use != "sig" { throw KeySetFault("is not for signatures (use)") }
        if let operations = members["key_ops"] {
            guard operations.array?.contains("verify") == true else {
                throw KeySetFault("is not for verifying (key_ops)")
            }
        }
        guard members["d"] == nil else { throw KeySetFault("holds its private part, so everybody may sign with it") }
    }

    private static func number(_ members: JSONObject, _ name: String) throws(KeySetFault) -> [UInt8] {
        var text = try string(members, name)
        guard let bytes = text.withUTF8({ Base64.decodedForURL(UnsafeRawBufferPointer($0)) }) else {
            throw KeySetFault("has a `\(name)` that is not Base64 for URLs")
        }
        return bytes
    }

    private static func string(_ members: JSONObject, _ name: String) throws(KeySetFault) -> String {
        guard let text = try optional(members, name) else { throw KeySetFault("has no `\(name)`") }
        return text
    }

    private static func optional(_ members: JSONObject, _ name: String) throws(KeySetFault) -> String? {
        guard let value = members[name] else { return nil }
        guard let text = value.string else { throw KeySetFault("has a `\(name)` that is no string") }
        return text
    }
}
