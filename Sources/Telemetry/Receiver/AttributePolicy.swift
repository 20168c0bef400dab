import Wire

/// What becomes of an attribute that a client sends: kept, cut or left out. Prompts, answers and what tools were given go no
/// further unless that is switched on; what nobody knows is kept only where it cannot be prose.
package struct AttributePolicy: Sendable, Equatable {
    /// Whether texts of prompts, answers and tools may pass.
    package let keepsContent: Bool
    /// What the gateway calls itself (`service.name`).
    private let service: String

    package init(keepsContent: Bool, service: String = "tollgate") {
        self.keepsContent = keepsContent
        self.service = service
    }

    /// Bytes of a value; Claude Code itself cuts content at 61,440.
    var maximumValue: Int { keepsContent ? 65_536 : 4_096 }
    static let maximumKey = 128
    static let maximumAttributes = 128
    /// Of an unknown attribute, bytes of a text.
    private static let maximumToken = 128

    /// Where an attribute stands.
    enum Place { case resource, item }

    enum Verdict: Equatable {
        case keep
        /// It may be kept if its texts are single words: names, ids, numbers.
        case keepIfPlain
        /// Left out; the `reason` label of the counter.
        case leaveOut(StaticString)

        static func == (left: Self, right: Self) -> Bool {
            switch (left, right) {
            case (.keep, .keep), (.keepIfPlain, .keepIfPlain): true
            case (.leaveOut(let one), .leaveOut(let other)): one.bytes.equals(other.bytes)
            default: false
            }
        }
    }

    /// - Parameter isOfModel: it tells of a request to a model.
    func verdict(_ key: UnsafeRawBufferPointer, in place: Place, ofModel isOfModel: Bool) -> Verdict {
        guard Self.isName(key) else { return .leaveOut("key") }
        if Self.isOurs(key) { return .leaveOut("reserved") }
        if keepsContent { return .keep }
        if Self.content.contains(where: { key.equals($0) }) { return .leaveOut("content") }
        // What a provider complains of; a tool's error is what the tool gave back.
        if Self.errors.contains(where: { key.equals($0) }) { return isOfModel ? .keep : .keepIfPlain }
        if place == .resource || Self.names.contains(where: { key.equals($0) }) { return .keep }
        return .keepIfPlain
    }

    /// Whether a name is one that only the gateway gives to attributes, metrics and events. Back ends make `_` of points.
    static func isOurs(_ name: UnsafeRawBufferPointer) -> Bool {
        guard name.startsIgnoringCase("tollgate") else { return false }
        return name.count == 8 || !isAlphanumeric(name[8])
    }

    /// Whether a service is called like the gateway.
    func isGateway(_ name: UnsafeRawBufferPointer) -> Bool { Self.isOurs(name) || name.elementsEqual(service.utf8) }

    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: false
        }
    }

    /// Whether an attribute may be called so: printable ASCII, not long.
    static func isName(_ key: some Collection<UInt8>) -> Bool {
        !key.isEmpty && key.count <= maximumKey && key.allSatisfy { (0x21...0x7E).contains($0) }
    }

    static func isName(_ key: String) -> Bool { isName(key.utf8) }

    /// Whether a character steers a terminal; what breaks lines does not.
    static func steers(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D: false
        case 0..<0x20, 0x7F...0x9F: true
        default: false
        }
    }

    /// Whether a text is one word: a name, an id, a number. No path, no JSON, nothing of a script that is written without blanks,
    /// no credential of a known form.
    static func isPlain(_ text: UnsafeRawBufferPointer) -> Bool {
        text.count <= maximumToken && text.allSatisfy { isAlphanumeric($0) || joiners.contains($0) }
            && !CredentialForm.isKnown(text)
            && !credentials.contains { begin in
                text.count > begin.utf8CodeUnitCount && text.starts(with: begin)
            }
    }

    private static let joiners = Array("._-:@+,#".utf8)
    /// Beginnings that no attribute of a known name has, also where they are too short for a `CredentialForm`.
    private static let credentials: [StaticString] = [
        "sk-", "pk-", "rk-", "tgk_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox", "AKIA",
        "ASIA",
        "AIza", "eyJ",
    ]

    /// What carries prompts, answers, or what tools were given and gave back (Claude Code's monitoring documentation, and the
    /// GenAI conventions).
    private static let content: [StaticString] = [
        "prompt", "user_prompt", "response", "assistant_response", "body", "body_ref", "content", "text", "message",
        "tool_input", "tool_parameters", "tool_output", "tool_result", "tool_use_result", "input", "output",
        "new_context", "system_prompt", "system_prompt_preview", "system_reminders", "tools", "bash_command",
        "full_command", "command", "description", "file_path", "hook_input", "hook_output", "hook_command",
        "response.model_output", "request_body", "response_body",
        "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions", "gen_ai.prompt",
        "gen_ai.completion", "gen_ai.tool.call.arguments", "gen_ai.tool.call.result", "gen_ai.tool.definitions",
        "exception.stacktrace", "process.command", "process.command_line", "process.command_args",
        "process.executable.path", "process.working_directory", "workspace.host_paths", "hook_definitions", "cwd",
    ]

    private static let errors: [StaticString] = ["error", "error_message", "error.message", "exception.message"]

    /// Names that may have blanks or anything else.
    private static let names: [StaticString] = [
        "model", "gen_ai.request.model", "gen_ai.response.model", "agent.name", "skill.name", "plugin.name",
        "marketplace.name", "mcp_server.name", "mcp_tool.name", "mcp_server_name", "mcp_tool_name", "tool_name",
        "gen_ai.tool.name", "gen_ai.agent.name", "workflow.name", "hook_name", "hook_event", "terminal.type",
        "user_agent.original", "os.version", "os.description", "organization.name", "start_type", "event.timestamp",
    ]
}

extension UnsafeRawBufferPointer {
    /// Whether a back end that makes `_` of whatever is no letter or digit takes it for `name`.
    func isCalled(_ name: StaticString) -> Bool {
        let other = UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        return count == other.count
            && zip(self, other).allSatisfy {
                $0 == $1 || !AttributePolicy.isAlphanumeric($0) && !AttributePolicy.isAlphanumeric($1)
            }
    }
}
