import Configuration
import Transport
import Wire

/// Whom a token stands for: its claims, read as the issuer's setting says.
struct TokenSubject {
    private let claims: JSONObject

    /// Bytes of a group or tag, and how many groups.
    private static let maximumBytes = 256
    private static let maximumGroups = 512

    init(_ claims: JSONObject) { self.claims = claims }

    func principal(_ setting: TokenIssuerSetting) throws(TokenFault) -> Principal {
        let names = setting.claims
        guard let user = try name(names.user) else { throw .missingClaim(names.user) }
        var metadata: [String: String] = [:]
        for (tag, claim) in names.metadata { metadata[tag] = try tagValue(claim) }
        return Principal(
            user: user, team: try names.team.flatMap(name) ?? "", keyID: Self.id(setting.issuer, user),
            metadata: metadata, groups: try names.groups.map(list) ?? [],
            virtualAccount: try names.virtualAccount.map { claim throws(TokenFault) in try name(claim) ?? "" }
                ?? Principal.virtualAccount(ofUser: user))
    }

    /// The same for all tokens of one user.
    private static func id(_ issuer: String, _ user: String) -> String {
        let digest = Array("\(issuer)\n\(user)".utf8).withUnsafeBytes { SHA256Digest(of: $0) }
        return "jwt_" + Hex.encode(Array(digest.bytes.prefix(8)))
    }

    // MARK: Values

    /// Of a user, team or service account.
    private func name(_ claim: String) throws(TokenFault) -> String? {
        let name = try text(claim)
        guard name?.utf8.count ?? 0 <= HolderName.maximumBytes else {
            throw .claim(claim, mustBe: "a string of at most \(HolderName.maximumBytes) bytes")
        }
        return name
    }

    /// A string; `nil` when the claim is missing, null or empty.
    private func text(_ name: String) throws(TokenFault) -> String? {
        switch claims.value(at: name) {
        case nil, .null: return nil
        case .string(let text):
            guard Self.isFit(text) else {
                throw .claim(name, mustBe: "a string of at most \(Self.maximumBytes) bytes without control characters")
            }
            return text.isEmpty ? nil : text
        default: throw .claim(name, mustBe: "a string")
        }
    }

    /// A list of strings, or a string with commas between the elements. Nothing is passed over: a group that is not seen could be
    /// one that is denied something.
    private func list(_ name: String) throws(TokenFault) -> [String] {
        let requirement = "a list of strings, or a string with commas"
        var groups: [String] = []
        switch claims.value(at: name) {
        case nil, .null: return []
        case .string(let text):
            groups = text.split(separator: ",").map { part in
                String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            }
        case .array(let elements):
            for element in elements {
                guard let text = element.string else { throw .claim(name, mustBe: requirement) }
                groups.append(text)
            }
        default: throw .claim(name, mustBe: requirement)
        }
        guard groups.count <= Self.maximumGroups, groups.allSatisfy(Self.isFit) else {
            throw .claim(name, mustBe: "at most \(Self.maximumGroups) names of \(Self.maximumBytes) bytes")
        }
        return groups.filter { !$0.isEmpty }
    }

    /// A string, a number or a truth value, as text.
    private func tagValue(_ name: String) throws(TokenFault) -> String? {
        switch claims.value(at: name) {
        case .integer(let number): return "\(number)"
        case .bool(let truth): return "\(truth)"
        case .number(let number): return "\(number)"
        default: return try text(name)
        }
    }

    private static func isFit(_ text: String) -> Bool {
        text.utf8.count <= maximumBytes && !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }
}

extension JSONObject {
    /// The value at a path: a member of that very name, or else what the dots lead to. Names may hold dots themselves
    /// (`https://idp.example/groups`).
    func value(at path: String) -> JSONValue? {
        if let value = self[path] { return value }
        var start = path.startIndex
        while let dot = path[start...].firstIndex(of: ".") {
            let rest = path.index(after: dot)
            if let inner = self[String(path[..<dot])]?.object, let value = inner.value(at: String(path[rest...])) {
                return value
            }
            start = rest
        }
        return nil
    }
}

extension Principal {
    /// The virtual account that a user of the form `virtualaccount:NAME` is; empty: none.
    package static func virtualAccount(ofUser user: String) -> String {
        let prefix = "virtualaccount:"
        return user.hasPrefix(prefix) ? String(user.dropFirst(prefix.count)) : ""
    }
}
