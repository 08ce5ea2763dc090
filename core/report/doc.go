// Package report has what edged tells the world: records, and the outbox in
// which they wait until somebody has taken them. It knows nothing of MQTT.
//
// Two kinds of record are told differently. A state is told until it is known,
// newest first and without its past: whoever was away for a day wants to hear
// what is, not what was. What happens once is told in its order, and what finds
// no room is counted and the count is told. States go first, so that no storm of
// events holds up the news that a service is down.
package report
