import Wire

extension MessagesRequest {
    /// Reads a body that was found to be a JSON object.
    ///
    /// Throws 400 where the body is not what the Messages API describes; members and blocks that are not known are kept as such.
    package init(reading body: UnsafeRawBufferPointer) throws(Refusal) {
        var reader = MessagesReader(body)
        do throws(MessagesReader.Fault) {
            try reader.readBody()
        } catch {
            throw error.refusal
        }
        self = reader.request
    }
}

/// The walk through a body. Each `read…` begins in front of a value and ends behind it.
struct MessagesReader {
    enum Fault: Error {
        case json(JSONError)
        case member(String, String)

        var refusal: Refusal {
            switch self {
            case .json(let error): .malformedJSON(error)
            case .member(let path, let problem): .invalid(path, problem)
            }
        }
    }

    var request = MessagesRequest()
    var cursor: JSONCursor
    /// The last one that a message said.
    private var effortOfMessages: MessagesRequest.Effort?

    init(_ body: UnsafeRawBufferPointer) { cursor = JSONCursor(body) }

    mutating func readBody() throws(Fault) {
        try members { (reader, key) throws(Fault) in try reader.readMember(key) }
        do throws(JSONError) { try cursor.finish() } catch { throw .json(error) }
        // A message overrules the request, wherever in it the messages stand (T-15).
        if let effort = effortOfMessages { request.effort = effort }
        try checkToolChoice()
    }

    /// A tool that is not there cannot be called; what providers make of it differs.
    private func checkToolChoice() throws(Fault) {
        guard case .tool(let chosen)? = request.toolChoice, !request.tools.isEmpty else { return }
        let name = try? chosen.decoded()
        guard request.tools.contains(where: { (try? $0.name.decoded()) == name }) else {
            throw .member("tool_choice.name", "must be the name of one of the tools")
        }
    }

    private mutating func readMember(_ key: JSONString) throws(Fault) {
        if key.equals("messages") {
            request.messages = try readMessages()
        } else if key.equals("system") {
            request.system = try readContent("system")
        } else if key.equals("tools") {
            request.tools = try readTools()
        } else if key.equals("max_tokens") {
            request.maxTokens = try integer("max_tokens")
            if let most = request.maxTokens, most < 0 { throw .member("max_tokens", "must not be negative") }
        } else if key.equals("tool_choice") {
            try readToolChoice()
        } else if key.equals("thinking") {
            try readThinking()
        } else if key.equals("output_config") {
            try readOutputConfig()
        } else if key.equals("output_format") {
            // What `output_config.format` was called as a beta (structured-outputs).
            try readFormat("output_format")
        } else if key.equals("stop_sequences") {
            request.stopSequences = try readStrings("stop_sequences")
        } else if key.equals("metadata") {
            try members { (reader, key) throws(Fault) in
                if key.equals("user_id") { reader.request.userID = try reader.string() } else { try reader.skip() }
            }
        } else {
            try readScalarMember(key)
        }
    }

    private mutating func readScalarMember(_ key: JSONString) throws(Fault) {
        if key.equals("temperature") {
            request.temperature = try number("temperature")
        } else if key.equals("top_p") {
            request.topP = try number("top_p")
        } else if key.equals("top_k") {
            request.topK = try number("top_k")
        } else if key.equals("speed") {
            request.isFast = try string().map { $0.equals("fast") } ?? false
        } else if key.equals("service_tier") {
            request.standardTierOnly = try string().map { $0.equals("standard_only") } ?? false
        } else if key.equals("cache_control") {
            request.hasCacheControl = true
            try skip()
        } else if key.equals("context_management") {
            request.hasContextManagement = true
            try skip()
        } else if key.equals("safeguards") {
            request.hasSafeguards = try kind() != .null
            try skip()
        } else if key.equals("mcp_servers") {
            try elements("mcp_servers") { (reader, _) throws(Fault) in
                reader.request.hasServers = true
                try reader.skip()
            }
        } else if key.equals("model") || key.equals("stream") {
            try skip()
        } else {
            request.otherMembers.append(key)
            try skip()
        }
    }

    // MARK: Messages

    private mutating func readMessages() throws(Fault) -> [MessagesRequest.Message] {
        var messages: [MessagesRequest.Message] = []
        messages.reserveCapacity(64)
        try elements("messages") { (reader, index) throws(Fault) in
            messages.append(try reader.readMessage(index))
        }
        if messages.isEmpty { throw .member("messages", "at least one message is required") }
        return messages
    }

    private mutating func readMessage(_ index: Int) throws(Fault) -> MessagesRequest.Message {
        var role: MessagesRequest.Role?
        var blocks: [MessagesRequest.Block]?
        try members("messages.\(index)") { (reader, key) throws(Fault) in
            if key.equals("role") {
                role = try reader.readRole(index)
            } else if key.equals("content") {
                blocks = try reader.readContent("messages.\(index).content")
            } else if key.equals("output_config") {
                try reader.readOutputConfig(ofMessage: true)
            } else {
                try reader.skip()
            }
        }
        guard let role else { throw .member("messages.\(index).role", "Field required") }
        guard let blocks else { throw .member("messages.\(index).content", "Field required") }
        return MessagesRequest.Message(role: role, blocks: blocks)
    }

    private mutating func readRole(_ index: Int) throws(Fault) -> MessagesRequest.Role {
        guard let role = try string() else { throw .member("messages.\(index).role", "must be a string") }
        if role.equals("user") { return .user }
        if role.equals("assistant") { return .assistant }
        if role.equals("system") { return .system }
        throw .member("messages.\(index).role", "must be user, assistant or system")
    }

    // MARK: The rest

    private mutating func readToolChoice() throws(Fault) {
        var type: JSONString?
        var name: JSONString?
        try members("tool_choice") { (reader, key) throws(Fault) in
            if key.equals("type") {
                type = try reader.string()
            } else if key.equals("name") {
                name = try reader.string()
            } else if key.equals("disable_parallel_tool_use") {
                reader.request.disablesParallelTools = try reader.bool()
            } else {
                try reader.skip()
            }
        }
        guard let type else { return }
        if type.equals("auto") {
            request.toolChoice = .auto
        } else if type.equals("any") {
            request.toolChoice = .any
        } else if type.equals("none") {
            request.toolChoice = MessagesRequest.ToolChoice.none
        } else if type.equals("tool"), let name {
            request.toolChoice = .tool(name)
        } else {
            throw .member("tool_choice.type", "must be auto, any, none, or tool with a name")
        }
    }

    private mutating func readThinking() throws(Fault) {
        var type: JSONString?
        var budget: Int64 = 0
        try members("thinking") { (reader, key) throws(Fault) in
            if key.equals("type") {
                type = try reader.string()
            } else if key.equals("budget_tokens") {
                budget = try reader.integer("thinking.budget_tokens") ?? 0
            } else if key.equals("display") {
                reader.request.omitsThinking = try reader.string().map { $0.equals("omitted") } ?? false
            } else {
                try reader.skip()
            }
        }
        guard let type else { return }
        if type.equals("enabled") {
            request.thinking = .enabled(budget: budget)
        } else if type.equals("disabled") {
            request.thinking = .disabled
        } else {
            request.thinking = .adaptive
        }
    }

    mutating func readOutputConfig(ofMessage: Bool = false) throws(Fault) {
        try members("output_config") { (reader, key) throws(Fault) in
            if key.equals("effort") {
                guard let effort = try reader.readEffort() else { return }
                if ofMessage { reader.effortOfMessages = effort } else { reader.request.effort = effort }
            } else if key.equals("format") {
                try reader.readFormat("output_config.format")
            } else {
                try reader.skip()
            }
        }
    }

    private mutating func readFormat(_ path: String) throws(Fault) {
        try members(path) { (reader, key) throws(Fault) in
            if key.equals("schema") {
                reader.request.outputSchema = try reader.raw()
            } else {
                try reader.skip()
            }
        }
    }

    private mutating func readEffort() throws(Fault) -> MessagesRequest.Effort? {
        guard let effort = try string() else { return nil }
        if effort.equals("low") { return .low }
        if effort.equals("medium") { return .medium }
        if effort.equals("high") { return .high }
        if effort.equals("xhigh") { return .xhigh }
        if effort.equals("max") { return .max }
        throw .member("output_config.effort", "must be low, medium, high, xhigh or max")
    }

    private mutating func readStrings(_ path: String) throws(Fault) -> [JSONString] {
        var strings: [JSONString] = []
        try elements(path) { (reader, _) throws(Fault) in
            guard let string = try reader.string() else { throw .member(path, "must be a list of strings") }
            strings.append(string)
        }
        return strings
    }

    // MARK: Tools

    private mutating func readTools() throws(Fault) -> [MessagesRequest.Tool] {
        var tools: [MessagesRequest.Tool] = []
        try elements("tools") { (reader, index) throws(Fault) in
            tools.append(try reader.readTool(index))
        }
        return tools
    }

    private mutating func readTool(_ index: Int) throws(Fault) -> MessagesRequest.Tool {
        var name: JSONString?, type: JSONString?, description: JSONString?
        var schema: UnsafeRawBufferPointer?
        var isStrict = false, isDeferred = false
        let json = try span { (reader) throws(Fault) in
            try reader.members("tools.\(index)") { (reader, key) throws(Fault) in
                if key.equals("name") {
                    name = try reader.string()
                } else if key.equals("type") {
                    type = try reader.string()
                } else if key.equals("description") {
                    description = try reader.string()
                } else if key.equals("input_schema") {
                    schema = try reader.schema("tools.\(index).input_schema")
                } else if key.equals("strict") {
                    isStrict = try reader.bool()
                } else if key.equals("defer_loading") {
                    isDeferred = try reader.bool()
                } else {
                    if key.equals("cache_control") { reader.request.hasCacheControl = true }
                    try reader.skip()
                }
            }
        }
        // Toolsets of servers have no name of their own.
        guard let name = name ?? type.flatMap({ $0.equals("custom") ? nil : $0 }) else {
            throw .member("tools.\(index).name", "Field required")
        }
        return MessagesRequest.Tool(
            name: name, type: type, description: description, schema: schema, isStrict: isStrict,
            isDeferred: isDeferred, json: json)
    }
}
