@testable import Upstream
