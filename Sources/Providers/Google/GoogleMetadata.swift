/// The metadata server of Google's machines, which gives a `BearerToken` of the service account that is attached.
/// https://cloud.google.com/compute/docs/metadata/overview
package enum GoogleMetadata {
    package static let path = "/computeMetadata/v1/instance/service-accounts/default/token"
    /// Without it the server gives nothing: no browser can be made to send it.
    package static let fields = [("metadata-flavor", "Google")]
}
