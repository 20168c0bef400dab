import Configuration
import Governance
import Ledger
import Transport
import Wire

extension KeyRing {
    /// The keys of the ledger and those of the configuration.
    init(_ records: [KeyRecord], _ configured: [ConfiguredKey]) {
        var entries: [KeyEntry] = []
        for key in configured {
            let digest = key.key.withBytes { SHA256Digest(of: $0) }
            let principal = Principal(
                user: key.holder, team: key.team, keyID: key.id, metadata: key.metadata, groups: key.groups,
                virtualAccount: key.virtualAccount)
            entries.append(KeyEntry(digest: digest, principal: principal, expires: nil, isRevoked: false))
        }
        for record in records {
            guard let digest = SHA256Digest(bytes: record.hash) else { continue }
            let principal = Principal(
                user: record.user, team: record.team, keyID: record.id, metadata: Metadata.tags(json: record.metadata),
                groups: record.groups, virtualAccount: record.virtualAccount)
            entries.append(
                KeyEntry(
                    digest: digest, principal: principal, expires: record.expiresAt, isRevoked: record.revokedAt != nil)
            )
        }
        self.init(entries)
    }
}

extension ConfiguredKey {
    /// Its id tells which it is, not what it is.
    package var id: String {
        let digest = key.withBytes { SHA256Digest(of: $0) }
        return Self.idPrefix + Hex.encode(Array(digest.bytes.prefix(8)))
    }

    package static let idPrefix = "cfg_"

    /// Whose it is, without what it is.
    var summary: String {
        var line = "key \(id): user=\(holder)"
        if !team.isEmpty { line += " team=\(team)" }
        if !groups.isEmpty { line += " groups=\(groups.joined(separator: ","))" }
        for (tag, value) in metadata.sorted(by: { $0.key < $1.key }) { line += " metadata.\(tag)=\(value)" }
        return line
    }

    /// The ledger's user; a service account stands where users stand.
    package var holder: String { virtualAccount.isEmpty ? user : VirtualAccount.user(of: virtualAccount) }
}
