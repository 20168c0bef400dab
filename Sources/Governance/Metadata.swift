import Wire

/// The tags of a request: those that came with the key, and those of `x-tollgate-metadata` over them. Immutable.
package final class Metadata: Sendable {
    /// Sorted by name.
    package let tags: [(name: String, value: String)]
    /// The same as a JSON object, for the ledger; empty if there are none.
    package let json: [UInt8]
    /// The tag `project`, or `project_id`.
    package let project: String?

    package static let none = Metadata([:])
    /// Tags that one request may carry, and bytes of its header.
    package static let maximumTags = 64
    package static let maximumBytes = 4_096

    package init(_ values: [String: String]) {
        tags = values.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
        project = values["project"] ?? values["project_id"]
        json = values.isEmpty ? [] : Self.write(tags)
    }

    package func value(of name: String) -> String? { tags.first { $0.name == name }?.value }

    private static func write(_ tags: [(name: String, value: String)]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        for tag in tags {
            writer.key(string: tag.name)
            writer.value(string: tag.value)
        }
        writer.endObject()
        return writer.array
    }

    /// The header's tags over these. Throws what is wrong with it, without its values.
    ///
    /// - Parameter isLocked: tags that a request cannot change; it may repeat what the credential says.
    package func overlaid(
        with header: UnsafeRawBufferPointer, isLocked: (String) -> Bool = { _ in false }
    ) throws(MetadataError) -> Metadata {
        guard header.count <= Self.maximumBytes else {
            throw .malformed("is \(header.count) bytes long; at most \(Self.maximumBytes) are taken")
        }
        var values = Dictionary(tags.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        var locked: String?, secret: String?
        do throws(JSONError) {
            var cursor = JSONCursor(header)
            try cursor.enterObject()
            while let key = try cursor.nextKey() {
                let name = try key.decoded(), value = try cursor.readString().decoded()
                if value != values[name], isLocked(name) { locked = name }
                if CredentialForm.isKnown(value) || CredentialForm.isKnown(name) { secret = name }
                values[name] = value
            }
            try cursor.finish()
        } catch {
            throw .malformed("must be a JSON object of strings: byte \(error.offset): \(error.sentence)")
        }
        if let secret {
            // Tags are stored and shown. A name that looks like a secret is not told either.
            let shown = CredentialForm.isKnown(secret) ? "a tag" : "the tag `\(secret)`"
            throw .malformed("has what looks like a credential in \(shown); tags are stored and shown, leave it out")
        }
        if let locked { throw .locked(locked) }
        guard values.count <= Self.maximumTags else {
            throw .malformed("has more than \(Self.maximumTags) tags")
        }
        return Metadata(values)
    }
}

/// What is wrong with the header `x-tollgate-metadata`.
package enum MetadataError: Error, Equatable {
    /// How, without its values.
    case malformed(String)
    /// This tag is the credential's to set.
    case locked(String)
}
