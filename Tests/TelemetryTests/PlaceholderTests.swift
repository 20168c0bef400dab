@testable import Telemetry
