import Configuration
import Governance
import HTTP
import Upstream
import Wire

/// Providers, and what stands before them, write into their errors what they were sent: keys as well. None of it goes on, to the
/// client or into any record.
///
/// A good answer is not looked through: what a model says is the client's, and is not read for the pace of it.
extension Exchange {
    /// Finds what authenticated the present attempt. Made anew for each error.
    func echoMask() -> EchoMask {
        var mask = EchoMask()
        guard let attempt = lastAttempt else { return mask }
        switch attempt.credential {
        case .field(_, let value)?: value.withBytes { mask.hide(Self.token($0)) }
        case .aws(let keys)?:
            Array(keys.accessKeyID.utf8).withUnsafeBytes { mask.hide($0) }
            keys.secretAccessKey.withBytes { mask.hide($0) }
            keys.sessionToken?.withBytes { mask.hide($0) }
        case .some(.none), nil: break
        }
        if passesThrough, let range = CredentialFields(channel.head, channel.headBytes).bearer {
            mask.hide(channel.headBytes.slice(range))
        }
        let added = setting.accounts[attempt.routed.account].setting.headers + (attempt.routed.edits?.setFields ?? [])
        for field in added where !Self.isTold(field.name) { field.value.withBytes { mask.hide(Self.token($0)) } }
        return mask
    }

    /// The upstream's own name for the present attempt, for records.
    func upstreamID(_ bytes: UnsafeRawBufferPointer) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        // One word that is not long is what it should be.
        let isUsual = bytes.count <= 64 && !bytes.contains(0x20)
        return isUsual && lastAttempt?.status == 200 ? text : echoMask().masked(text)
    }

    /// What is behind a scheme such as `Bearer`.
    private static func token(_ value: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        value.lastIndex(of: 0x20).map { value.slice($0 + 1..<value.count) } ?? value
    }

    /// Whether errors may quote a configured field: clients recover by what they say of those.
    private static func isTold(_ name: String) -> Bool {
        let name = name.lowercased()
        return ["anthropic-", "openai-", "accept", "content-", "user-agent", "x-goog-user-project"].contains {
            name.hasPrefix($0)
        }
    }
}
