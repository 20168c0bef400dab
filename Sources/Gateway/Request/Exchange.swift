import Configuration
import Governance
import HTTP
import Ledger
import Providers
import Sessions
import Transport
import Wire

/// Where a request goes: one target, and what an attempt there has to know.
final class RoutedModel {
    let route: KnownRoutes.Route
    /// The name as the client asked for it.
    let requested: String
    let account: Int
    /// The name as the upstream knows it.
    let upstream: String
    /// The `model` value with its quotes, to be replaced; `nil`: it goes out as it came.
    private(set) var splice: (range: Range<Int>, replacement: [UInt8])?
    let isStreamed: Bool
    /// At the request's begin; `nil`: unpriced.
    let price: Price?
    let door: ProviderDoor
    let target: TranslationTarget?
    let answerPath: String?
    /// What a virtual model changes on the way there.
    let edits: TargetEdits?

    init(_ route: KnownRoutes.Route, splice: Range<Int>?, isStreamed: Bool, price: Price?, edits: TargetEdits? = nil) {
        self.route = route
        requested = route.requested
        account = route.account
        upstream = route.upstream
        if let splice, let replacement = route.replacement { self.splice = (splice, replacement) }
        self.isStreamed = isStreamed
        self.price = price
        door = route.door
        target = route.target
        answerPath = route.answerPath
        self.edits = edits
    }

    /// The configuration or the price table knows of it. Other names are clients', who can make up as many as they like.
    var isKnown: Bool { route.isNamed || price != nil }
}

/// One request from its head to its row: what each stage found out. Loop-confined; it lives as long as the request.
final class Exchange {
    let channel: ServerChannel
    let id: RequestID
    /// The setting the request began with; a reload does not touch it.
    let setting: LoopSetting
    let facts: ClientFacts
    /// False for bytes that were refused before they became one: there is no head then.
    let isRequest: Bool
    /// Its own until the body is read; then it may be that of its prompt.
    var trace: RequestTrace
    /// Monotonic and Unix nanoseconds of the first byte of the head.
    let startedAt: Int64
    let startedWall: Int64

    // accept
    /// Which of the two operations of the Messages API; `nil` for what is answered here.
    var operation: Operation?
    var route: StaticString = ""
    /// In the provider's own form, with the model in the path.
    var nativeRoute: NativeRoute?
    /// Where the path to be forwarded stands in the head.
    var path: Range<Int>
    /// Until an upstream has begun to answer: then nothing can be sent again, and a long stream shall not hold it.
    var body: RequestBody?
    var bodyBytes = 0
    /// What the body tells of its conversation, where there is a session.
    var conversation: Sessions.Conversation?
    /// It helps a conversation and is no turn of it.
    var isHelping = false
    var parameters = RequestParameters()
    /// What is kept of prompt and answer; `nil`: nothing.
    var capture: ContentCapture?
    // identify
    var principal: Principal?
    /// Of a key that was good once: the request is nobody's, but whose key is still in use has to be seen.
    var refusedKeyID = ""
    var metadata = Metadata.none
    /// The client's own login authenticates at the present target.
    var passesThrough = false
    /// The client brought a login, which a target may be able to use.
    var hasLogin = false
    // route
    /// The present target.
    var routed: RoutedModel?
    /// What is sent there, once it is made.
    var call: UpstreamCall?
    /// Through the targets of a virtual model; `nil` for any other.
    var way: RouteWay?
    // admit
    /// `max_tokens`, where the body says so as the present target gets it.
    var maximumOutput: Int64?
    /// Of the body as a virtual model changed it for the present target; 0: it did not.
    var changedBytes = 0
    /// Tokens of input that the body's bytes do not bound.
    var furtherInput: Int64 = 0
    /// What is held for the next attempt at the present target; `isHeld` also where there was nothing to hold.
    private var hold = Hold.nothing
    private(set) var isHeld = false
    /// What it keeps at limits, over all attempts.
    var places = RequestPlaces()
    var budgetNotice: BudgetNotice?
    /// What the governor refused for it, of one target or several.
    var decisions: [AdmissionRefusal] = []
    /// Budgets that were passed with a warning only.
    var budgetWarnings: [String] = []
    // relay
    var attempts: [Attempt] = []
    // the end
    var refusal: Refusal?
    var firstByteAt: Int64?
    var endedAt: Int64 = 0
    var stages = StageTimes()

    init(
        _ channel: ServerChannel, id: RequestID, setting: LoopSetting, facts: ClientFacts, trace: RequestTrace,
        wall: Int64,
        isRequest: Bool
    ) {
        self.isRequest = isRequest
        self.channel = channel
        self.id = id
        self.setting = setting
        self.facts = facts
        self.trace = trace
        path = isRequest ? channel.head.path : 0..<0
        startedAt = channel.arrivedAt
        startedWall = wall
    }

    func keep(_ hold: consuming Hold) {
        self.hold = hold
        isHeld = true
    }

    /// What was held for the attempt that begins now; the one after it holds anew.
    func takeHold() -> Hold {
        var taken = Hold.nothing
        swap(&taken, &hold)
        isHeld = false
        return taken
    }

    /// Gives back what was held.
    func dropHold() {
        if isHeld { _ = takeHold() }
    }

    /// The bytes of a range of the head; valid until the next wait.
    func text(_ range: Range<Int>?) -> UnsafeRawBufferPointer {
        guard let range else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return channel.headBytes(range)
    }

    /// The client's session as rules see it: no longer than the ledger remembers it, as accounts are made again from that.
    var session: UnsafeRawBufferPointer {
        let whole = text(facts.sessionID)
        guard whole.count > JournalLimits.sessionBytes else { return whole }
        var count = JournalLimits.sessionBytes
        while count > 0, whole[count] & 0xC0 == 0x80 { count -= 1 }
        return whole.slice(0..<count)
    }

    /// An upstream's answer goes to the client from now on: nothing can be sent again, and a long stream shall not hold the body.
    func answerBegins(_ attempt: Attempt) {
        body = nil
        guard let way, attempt.status == 200, operation == .messages else { return }
        way.answerBegins(at: monotonicNanoseconds())
    }

    var isNative: Bool { nativeRoute != nil }
    /// Tokens that were estimated in place of a count.
    var counted: Int64?
    /// It carries a client's telemetry, and leaves none but in the figures.
    var isTelemetry = false
    /// `max_tokens` is 0, and nothing is there that could be warmed.
    var isPrewarm = false
    var wantsReceipt: Bool { facts.wantsReceipt }
    var isStreamed: Bool { routed?.isStreamed ?? false }

    /// The attempt that decided how the request ended.
    var lastAttempt: Attempt? { attempts.last }
}

/// The stages of a request, in their order.
enum Stage: Int, CaseIterable {
    case accept, identify, route, admit, relay, settle, account

    var name: StaticString {
        switch self {
        case .accept: "accept"
        case .identify: "identify"
        case .route: "route"
        case .admit: "admit"
        case .relay: "relay"
        case .settle: "settle"
        case .account: "account"
        }
    }
}

/// When each stage began and ended, monotonic nanoseconds.
struct StageTimes {
    private(set) var entries: [(stage: Stage, begin: Int64, end: Int64)] = []

    init() { entries.reserveCapacity(Stage.allCases.count) }

    mutating func add(_ stage: Stage, from begin: Int64, to end: Int64) { entries.append((stage, begin, end)) }
}
