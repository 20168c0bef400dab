import Wire

/// The body of a Messages request as a platform of Claude takes it: the client's bytes, with the few members changed that must
/// be. Decoding and encoding it again would lose prompt caches and break the binding of thinking blocks.
package struct ClaudeBody {
    private let platform: ClaudePlatform
    private let model: String
    private let version: String?
    private let betas: BetaSelection

    /// - Parameters:
    ///   - model: as the platform calls it.
    ///   - baseModel: the model behind it.
    ///   - version: `anthropic-version` as the client sent it.
    package init(
        _ platform: ClaudePlatform, model: String, baseModel: String? = nil, version: String, betas: BetaSelection
    ) {
        self.platform = platform
        self.model = model
        self.version = platform.version(header: version, model: baseModel ?? model)
        self.betas = betas
    }

    /// Writes the body, copied once. `members`: its first level.
    ///
    /// - Throws: 400 where a member that has to be changed is not JSON.
    package func write(
        _ body: UnsafeRawBufferPointer, _ members: [JSONMember], into output: inout ByteWriter
    ) throws(Refusal) {
        try write(body, members, purpose: .answer, into: &output)
    }

    /// The body for Vertex's `count-tokens:rawPredict`, which has the model in it, or for the other platforms' `count_tokens`.
    package func writeCount(
        _ body: UnsafeRawBufferPointer, _ members: [JSONMember], into output: inout ByteWriter
    ) throws(Refusal) {
        try write(body, members, purpose: .count, into: &output)
    }

    enum Purpose {
        case answer, count
    }

    private func write(
        _ body: UnsafeRawBufferPointer, _ members: [JSONMember], purpose: Purpose, into output: inout ByteWriter
    ) throws(Refusal) {
        var removed = platform.refusedMembers + betas.removedFields
        var added = additions
        var edit = BodyEdit(body)
        if platform.namesModelInBody || (platform == .vertex && purpose == .count) {
            removed.removeAll { $0.isMember("model") }
            spliceModel(body, members, &edit)
        }
        if platform == .bedrock, purpose == .count {
            BedrockCount.adapt(body, members, removing: &removed, adding: &added)
        }
        do throws(JSONError) {
            try edit.remove(removed, adding: added.array, members: members)
        } catch {
            throw .invalid("body", "\(error.sentence)")
        }
        output.reserve(body.count + edit.addedBytes)
        edit.write(into: &output)
    }

    /// The model's name in place of the client's, unless it is the same.
    private func spliceModel(_ body: UnsafeRawBufferPointer, _ members: [JSONMember], _ edit: inout BodyEdit) {
        var name = JSONWriter()
        name.value(string: model)
        for member in members where member.keyEquals("model", in: body) {
            if !body.slice(member.value).elementsEqual(name.bytes) { edit.replace(member.value, by: name.array) }
        }
    }

    private var additions: ByteWriter {
        var added = ByteWriter()
        guard let version else { return added }
        added.append("\"anthropic_version\":\"")
        added.append(string: version)
        added.append("\"")
        guard platform == .bedrock, !betas.kept.isEmpty else { return added }
        var list = JSONWriter()
        list.beginArray()
        for beta in betas.kept { list.value(string: beta) }
        list.endArray()
        added.append(",\"anthropic_beta\":")
        added.append(list.bytes)
        return added
    }
}

extension BodyField {
    /// Whether it is a member of the first level with that name.
    func isMember(_ name: StaticString) -> Bool {
        guard steps.count == 1, case .member(let own) = steps[0] else { return false }
        return own.bytes.equals(name)
    }
}
