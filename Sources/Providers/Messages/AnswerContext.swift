/// What of a request its answer is written by.
package struct AnswerContext: Sendable {
    /// `msg_…`
    package let messageID: String
    /// Our id of the request, for error events.
    package let requestID: String
    /// The model's name as the client asked for it.
    package let requestedModel: String
    package var estimatedInput: Int64 = 0
    /// With the request.
    package var sent: SentMedia = []
    package var toolNames = ToolNames(limit: 64)
    /// To be watched for here, decoded.
    package var stopSequences: [[UInt8]] = []
    /// The one stop sequence that was asked for, decoded: where an answer does not tell which ended it, it is known.
    package var onlyStopSequence: [UInt8]?
    package let reasoningState: ReasoningState
    /// The client does not want to see what the model thinks.
    package var omitsThinking = false

    package init(messageID: String, requestID: String, requestedModel: String, reasoningState: ReasoningState) {
        self.messageID = messageID
        self.requestID = requestID
        self.requestedModel = requestedModel
        self.reasoningState = reasoningState
    }

    /// An id for the call of that number, unique over all conversations.
    func toolID(_ number: Int) -> String { "toolu_\(messageID.dropFirst(4))_\(number)" }
}
