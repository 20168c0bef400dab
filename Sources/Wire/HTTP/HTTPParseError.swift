/// Why a message of the peer is refused. The connection must be closed: where the next message begins is unknown.
package enum HTTPParseError: Error, Sendable, Equatable, CaseIterable {
    case notHTTP
    case requestLineMalformed
    case methodUnsupported
    case targetInvalid
    case versionMalformed
    case versionUnsupported
    case statusLineMalformed
    case interimUnexpected
    case headTooLarge
    case tooManyFields
    case bareLineFeed
    case bareCarriageReturn
    case foldedLine
    case fieldNameInvalid
    case blankBeforeColon
    case fieldValueInvalid
    case contentLengthInvalid
    case contentLengthRepeated
    case contentLengthTooLarge
    case bothLengths
    case transferEncodingInvalid
    case transferEncodingUnknown
    case transferEncodingInOldVersion
    case hostMissing
    case hostRepeated
    case hostInvalid
    case expectationUnknown
    case chunkSizeInvalid
    case chunkExtensionInvalid
    case chunkEndMissing
    case trailerTooLarge

    /// What is wrong and what to send instead, in one sentence for the peer's developer.
    package var sentence: StaticString {
        switch self {
        case .notHTTP: "The connection does not begin with an HTTP request; was TLS or HTTP/2 sent to a plain port?"
        case .requestLineMalformed: "The request line must be `METHOD target HTTP/1.1` with single spaces."
        case .methodUnsupported: "CONNECT is not supported; this server is no forward proxy."
        case .targetInvalid: "The request target must be a path or an absolute http(s) URL; percent-encode the rest."
        case .versionMalformed: "The version in the first line must be HTTP/1.1 or HTTP/1.0."
        case .versionUnsupported: "Only HTTP/1.1 and HTTP/1.0 are spoken here."
        case .statusLineMalformed: "The status line must be `HTTP/1.1 NNN reason`."
        case .interimUnexpected: "Informational answers come without end, or one changes to another protocol unasked."
        case .headTooLarge: "The head is larger than the limit; send fewer or shorter header fields."
        case .tooManyFields: "There are more header fields than the limit; send fewer."
        case .bareLineFeed: "A line ends in LF alone; end every line with CR LF."
        case .bareCarriageReturn: "A CR stands without LF; end every line with CR LF."
        case .foldedLine: "A header line begins with a blank; folded lines are obsolete, send the value in one line."
        case .fieldNameInvalid: "A header name is empty or has an illegal character; use letters, digits and `-`."
        case .blankBeforeColon: "A header name is followed by a blank; put the colon right behind the name."
        case .fieldValueInvalid: "A header value has a control character; remove it."
        case .contentLengthInvalid: "Content-Length must be one decimal number."
        case .contentLengthRepeated: "Content-Length is sent twice; send it once."
        case .contentLengthTooLarge: "Content-Length is larger than any body can be."
        case .bothLengths: "Content-Length and Transfer-Encoding are both sent; send one of them."
        case .transferEncodingInvalid: "Transfer-Encoding must be sent once and be exactly `chunked`."
        case .transferEncodingUnknown: "Transfer-Encoding knows only `chunked` here; send the body unencoded."
        case .transferEncodingInOldVersion: "Transfer-Encoding needs HTTP/1.1; send Content-Length."
        case .hostMissing: "Host is missing; HTTP/1.1 needs exactly one."
        case .hostRepeated: "Host is sent twice; send it once."
        case .hostInvalid: "Host must be a host name or address with an optional port."
        case .expectationUnknown: "Expect knows only `100-continue`, once."
        case .chunkSizeInvalid: "A chunk size must be 1 to 15 hexadecimal digits followed by CR LF."
        case .chunkExtensionInvalid: "A chunk extension is too long or has an illegal character; leave it out."
        case .chunkEndMissing: "A chunk is not followed by CR LF; its size does not fit its data."
        case .trailerTooLarge: "The trailer section is larger than the limit; send fewer trailers."
        }
    }

    /// The status to answer a client with. From an upstream every one of them means 502.
    package var status: Int {
        switch self {
        case .contentLengthTooLarge: 413
        case .expectationUnknown: 417
        case .headTooLarge, .tooManyFields, .trailerTooLarge: 431
        case .methodUnsupported, .transferEncodingUnknown: 501
        case .versionUnsupported: 505
        default: 400
        }
    }
}
