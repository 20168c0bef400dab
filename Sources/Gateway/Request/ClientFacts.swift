import HTTP
import Wire

/// What a client says about itself and its session, as ranges of its head; found in one pass. Claude Code's names are those of
/// its gateway protocol, including the hints that `CLAUDE_CODE_GATEWAY_HINT_HEADERS` turns on.
struct ClientFacts {
    var userAgent: Range<Int>?
    var sessionID: Range<Int>?
    var agentID: Range<Int>?
    var parentAgentID: Range<Int>?
    var requestClass: Range<Int>?
    var agentType: Range<Int>?
    var promptID: Range<Int>?
    var toolDurations: Range<Int>?
    var compaction: Range<Int>?
    var contextCompacted: Range<Int>?
    var metadata: Range<Int>?
    var loggingConfig: Range<Int>?
    var traceparent: Range<Int>?
    var hasTwoTraceparents = false
    var contentEncoding: Range<Int>?
    /// The client wants to be told what became of the parts of its request.
    var wantsReceipt = false

    /// Of what is not a request: nothing is known.
    init() {}

    init(_ head: RequestHead) {
        for field in head.fields {
            switch field.name {
            case .userAgent: userAgent = field.valueRange
            case .claudeCodeSessionID: sessionID = field.valueRange
            case .claudeCodeAgentID: agentID = field.valueRange
            case .claudeCodeParentAgentID: parentAgentID = field.valueRange
            case .claudeCodeRequestClass: requestClass = field.valueRange
            case .claudeCodeAgentType: agentType = field.valueRange
            case .claudeCodePromptID: promptID = field.valueRange
            case .claudeCodeToolDurations: toolDurations = field.valueRange
            case .claudeCodeCompaction: compaction = field.valueRange
            case .claudeCodeContextCompacted: contextCompacted = field.valueRange
            case .tollgateMetadata: metadata = field.valueRange
            case .tollgateLoggingConfig: loggingConfig = field.valueRange
            case .tollgateFidelity: wantsReceipt = true
            case .contentEncoding: contentEncoding = field.valueRange
            case .traceparent:
                hasTwoTraceparents = traceparent != nil
                traceparent = field.valueRange
            default: continue
            }
        }
    }
}
