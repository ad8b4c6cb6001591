/* The session program; see session/. */
int
main(void)
{
	return 0;
}
