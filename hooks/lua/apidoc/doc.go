// Package apidoc writes what editors and people read about the API of policy
// scripts. All of it is made from the tables of [edged/hooks/lua] and
// [edged/hooks/lua/luatest], so that it can't differ from what scripts find.
package apidoc
