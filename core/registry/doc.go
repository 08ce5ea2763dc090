// Package registry finds the login at the registry of an image. The program registry-credentials is asked first, then
// the environment, the operator's file, and what docker login and podman login have left behind, their credential
// helpers included. All of it is looked at anew for each attempt of a pull. No error and no message has any of it.
package registry
