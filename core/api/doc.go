// Package api is edged's door for programs on the same machine: HTTP and JSON
// over a unix socket.
//
//	POST   /v1/requests                 carry out a request; answers with one [Line] of JSON per step, the result last
//	DELETE /v1/requests/{id}            call a request off
//	GET    /v1/containers               the containers, as []Container
//	GET    /v1/containers/{name}/logs   a container's log as plain text; ?tail=N&since=TIME&until=TIME&follow=true&timestamps=true
//	                                    &details=true
//	GET    /v1/software                 what software management sees, as []request.Module
//	GET    /v1/status                   the daemon, as Status
//
// A refusal has a status of 400 or more and the body {"error":"..."}. Who
// leaves a POST early leaves a request behind that goes on.
package api
