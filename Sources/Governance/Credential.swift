import Wire

/// The credentials of one request, as ranges of its head.
package struct CredentialFields {
    /// The token of `Authorization: Bearer …`.
    package private(set) var bearer: Range<Int>?
    package private(set) var apiKey: Range<Int>?
    /// `x-tollgate-api-key`: our own, beside one that belongs to the provider.
    package private(set) var own: Range<Int>?
    /// What may be the client's own login with Anthropic: a bearer token in the one `Authorization`, of the form of RFC 6750
    /// §2.1. Of several lines only the first is looked at and all would go out; in quotes a key of ours is not recognized.
    package private(set) var login: Range<Int>?

    package init(_ head: RequestHead, _ bytes: UnsafeRawBufferPointer) {
        bearer = head.value(.authorization).flatMap { Self.bearerToken($0, bytes) }.flatMap { Self.meant($0, bytes) }
        apiKey = head.value(.xAPIKey).flatMap { Self.meant($0, bytes) }
        own = head.value(.tollgateAPIKey).flatMap { Self.meant($0, bytes) }
        var lines = 0
        for _ in head.values(.authorization) { lines += 1 }
        login = lines == 1 ? bearer.flatMap { bytes.slice($0).allSatisfy(Self.isOfToken) ? $0 : nil } : nil
    }

    /// Those that may decide who asks, in their order.
    package var deciding: [Range<Int>] { own.map { [$0] } ?? [bearer, apiKey].compactMap { $0 } }

    /// The word that stands where a client insists on sending a key although its certificate says who it is.
    package static let placeholder: StaticString = "certificate"

    private static func isOfToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true  // digits and letters
        case 0x2B, 0x2D, 0x2E, 0x2F, 0x3D, 0x5F, 0x7E: true  // + - . / = _ ~
        default: false
        }
    }

    private static func meant(_ value: Range<Int>, _ bytes: UnsafeRawBufferPointer) -> Range<Int>? {
        bytes.slice(value).equals(placeholder) ? nil : value
    }

    /// RFC 6750 §2.1; the scheme in any case (RFC 9110 §11.1).
    private static func bearerToken(_ value: Range<Int>, _ bytes: UnsafeRawBufferPointer) -> Range<Int>? {
        let scheme: StaticString = "bearer "
        guard value.count > scheme.utf8CodeUnitCount else { return nil }
        for index in 0..<scheme.utf8CodeUnitCount {
            let expected = scheme.utf8Start[index]
            let present = bytes[value.lowerBound + index]
            guard present == expected || (expected != 0x20 && present | 0x20 == expected) else { return nil }
        }
        var start = value.lowerBound + scheme.utf8CodeUnitCount
        while start < value.upperBound, bytes[start] == 0x20 { start += 1 }
        return start < value.upperBound ? start..<value.upperBound : nil
    }
}

/// What identify decides.
package enum Identity {
    /// `passesThrough`: the client's own `Authorization` goes to Anthropic instead of the account's key.
    case known(Principal, passesThrough: Bool)
    case missing
    case refused(KeyVerdict)
}

extension KeyRing {
    /// One credential gives one principal. `x-tollgate-api-key` decides alone where it is present, and an `Authorization`
    /// beside it is the client's own login with Anthropic; otherwise the bearer token or the API key, whichever is ours.
    package func identify(
        _ fields: CredentialFields, _ bytes: UnsafeRawBufferPointer, now: Int64
    ) -> Identity {
        if let own = fields.own {
            let verdict = verdict(on: UnsafeRawBufferPointer(rebasing: bytes[own]), now: now)
            guard case .valid(let principal) = verdict else { return .refused(verdict) }
            return .known(principal, passesThrough: isForeign(fields.login, bytes, now))
        }
        var first: KeyVerdict?
        for candidate in [fields.bearer, fields.apiKey] {
            guard let candidate else { continue }
            let verdict = verdict(on: UnsafeRawBufferPointer(rebasing: bytes[candidate]), now: now)
            if case .valid(let principal) = verdict { return .known(principal, passesThrough: false) }
            if first == nil { first = verdict }
        }
        return first.map { .refused($0) } ?? .missing
    }

    /// A bearer token that is not one of our keys, not even an old one or another gateway's: those never leave the house.
    package func isForeign(_ bearer: Range<Int>?, _ bytes: UnsafeRawBufferPointer, _ now: Int64) -> Bool {
        guard let bearer, !bytes.slice(bearer).holds(Self.form.bytes, at: 0) else { return false }
        if case .unknown = verdict(on: UnsafeRawBufferPointer(rebasing: bytes[bearer]), now: now) { return true }
        return false
    }

    /// How every key that is issued begins.
    private static var form: StaticString { "tgk_" }
}
