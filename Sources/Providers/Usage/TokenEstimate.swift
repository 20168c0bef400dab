/// Estimates for what nobody counted: a request whose answer never came, or broke off.
package enum TokenEstimate {
    /// English prose and code have about four bytes to a token.
    package static let bytesPerToken: Int64 = 4

    /// Input tokens of a request body of so many bytes; at least one.
    package static func input(bodyBytes: Int) -> Int64 { max(1, Int64(bodyBytes) / bytesPerToken) }
}
