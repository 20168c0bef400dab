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

    package convenience init(_ values: [String: String]) { self.init(tags: values.map { ($0.key, $0.value) }) }

    /// - Parameter tags: each name once, byte for byte.
    package init(tags: [(name: String, value: String)]) {
        self.tags = tags.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        json = tags.isEmpty ? [] : Self.write(self.tags)
        project = Self.value(of: "project", self.tags) ?? Self.value(of: "project_id", self.tags)
    }

    package func value(of name: String) -> String? { Self.value(of: name, tags) }

    private static func value(of name: String, _ tags: [(name: String, value: String)]) -> String? {
        tags.first { $0.name.isExactly(name) }?.value
    }

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
        // By bytes, as rules compare: another spelling of a locked name is another name, and takes its value from nobody.
        var values = Dictionary(tags.map { (Array($0.name.utf8), $0) }, uniquingKeysWith: { first, _ in first })
        var locked: String?, secret: String?
        do throws(JSONError) {
            var cursor = JSONCursor(header)
            try cursor.enterObject()
            while let key = try cursor.nextKey() {
                let name = try key.decoded(), value = try cursor.readString().decoded()
                let known = values[Array(name.utf8)]?.value
                if known.map({ value.isExactly($0) }) != true, isLocked(name) { locked = name }
                if CredentialForm.isKnown(value) || CredentialForm.isKnown(name) { secret = name }
                values[Array(name.utf8)] = (name, value)
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
        return Metadata(tags: Array(values.values))
    }
}

/// What is wrong with the header `x-tollgate-metadata`.
package enum MetadataError: Error, Equatable {
    /// How, without its values.
    case malformed(String)
    /// This tag is the credential's to set.
    case locked(String)
}
